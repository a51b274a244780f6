import { Background, BackgroundVariant, MiniMap, Panel, useReactFlow, useStore } from "@xyflow/react";
import { Maximize, Minus, Plus } from "lucide-react";
import { type ReactNode, useEffect } from "react";

import { GRID } from "@/graph/geometry";
import { IconButton } from "@/ui";

import type { CardNode } from "./flow";
import { FAR, FIT, SMALL_PRINT } from "./fit";
import { useMarks, useMarksStore } from "./marks";

const STATE_COLORS: Record<string, string> = {
  running: "var(--color-info)",
  queued: "var(--color-warning)",
  waiting: "var(--color-violet)",
  success: "var(--color-success)",
  failed: "var(--color-danger)",
};

export interface CanvasChromeProps {
  /** How many nodes a map would show: one of two nodes helps nobody. */
  nodes: number;
  /** More buttons behind those for the view. */
  children?: ReactNode;
}

const MAP_FROM = 5;
/** And a map of thousands is drawn anew at every step of a drag: it costs more than it shows. */
const MAP_UP_TO = 1_000;

/** What every canvas has around its graph: dots, a map, buttons for the view. */
export function CanvasChrome({ nodes, children }: CanvasChromeProps) {
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  const marks = useMarksStore();
  const far = useStore(({ transform }) => transform[2] < FAR);
  const near = useStore(({ transform }) => transform[2] >= SMALL_PRINT);
  useEffect(() => marks.setState({ far, near }), [marks, far, near]);
  const states = useMarks((marks) => marks.states);
  const color = (node: CardNode): string =>
    STATE_COLORS[states.get(node.id)?.state ?? ""] ?? "var(--color-line-strong)";
  return (
    <>
      <Background variant={BackgroundVariant.Dots} gap={GRID} size={1.5} />
      {nodes >= MAP_FROM && nodes <= MAP_UP_TO && (
        <MiniMap<CardNode>
          position="bottom-right"
          pannable
          zoomable
          ariaLabel="Map of the graph"
          nodeColor={color}
          nodeBorderRadius={12}
          className="!m-3 overflow-hidden rounded-md border !bg-surface shadow-card"
          style={{ width: 168, height: 108 }}
        />
      )}
      <Panel position="bottom-left" className="!m-3">
        <div role="toolbar" aria-label="View" className="flex rounded-md border bg-surface p-0.5 shadow-card">
          <IconButton label="Zoom out" icon={<Minus />} side="top" onClick={() => void zoomOut({ duration: 120 })} />
          <IconButton label="Zoom in" icon={<Plus />} side="top" onClick={() => void zoomIn({ duration: 120 })} />
          <IconButton label="Fit" shortcut="F" icon={<Maximize />} side="top" onClick={() => void fitView(FIT)} />
          {children}
        </div>
      </Panel>
    </>
  );
}
