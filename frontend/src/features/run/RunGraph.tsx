import { useMemo, useRef } from "react";
import { toStatus } from "./status";
import type { Run, RunNode } from "@/api/types";
import { GraphView } from "@/canvas/GraphView";
import type { Fate, NodeStatus } from "@/canvas/status";
import { ContextMenu, type MenuEntry } from "@/ui";

interface RunGraphProps {
  run: Run;
  selected: string | null;
  onSelect: (id: string | null) => void;
  /** Somebody wants to see the run inside of a sub-pipeline. */
  onOpen: (id: string) => void;
  fates: ReadonlyMap<string, Fate> | undefined;
  /** What can be done with the selected node. */
  menu: MenuEntry[];
}

/** The graph as it was, with each node's state. Nodes that did not change keep their status object. */
export default function RunGraph({ run, selected, onSelect, onOpen, fates, menu }: RunGraphProps) {
  const kept = useRef(new WeakMap<RunNode, NodeStatus>());
  const states = useMemo(() => {
    const map = new Map<string, NodeStatus>();
    for (const node of run.nodes) {
      let status = kept.current.get(node);
      if (!status) {
        status = toStatus(node);
        kept.current.set(node, status);
      }
      map.set(node.id, status);
    }
    return map;
  }, [run.nodes]);
  return (
    <ContextMenu items={selected ? menu : []}>
      <div className="h-full w-full">
        <GraphView
          definition={run.definition}
          components={run.components}
          states={states}
          fates={fates}
          selected={selected}
          onSelect={onSelect}
          onOpen={onOpen}
          label={`Graph of run ${run.number}`}
        />
      </div>
    </ContextMenu>
  );
}
