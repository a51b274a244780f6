import "./canvas.css";

import { ReactFlow, ReactFlowProvider, useStore } from "@xyflow/react";
import { useEffect, useMemo, useRef } from "react";

import { catalogOf } from "@/graph/catalog";
import { readDefinition } from "@/graph/read";
import type { ComponentSpec, Problem } from "@/graph/types";

import { CanvasChrome } from "./CanvasChrome";
import { drawn } from "./drawn";
import { type EdgeCache, flowEdges, flowNodes, type NodeCache } from "./flow";
import { FIRST_FIT } from "./fit";
import { MarksProvider } from "./marks";
import { Overview } from "./overview/Overview";
import { useOverview } from "./overview/useOverview";
import { EDGE_TYPES, NODE_TYPES } from "./parts";
import { OpenNode } from "./PatternMarks";
import type { Change, Fate, NodeStatus } from "./status";
import { useCanvasView } from "./view";

const NONE: ReadonlySet<string> = new Set();

export interface GraphViewProps {
  /** A definition as the API gives it; whatever can be drawn is drawn. */
  definition: unknown;
  /** Specs by reference, such as `core/read_csv@1`. */
  components: Readonly<Record<string, unknown>>;
  states?: ReadonlyMap<string, NodeStatus>;
  fates?: ReadonlyMap<string, Fate>;
  /** Nodes by id and edges by key, where two versions are laid over each other. */
  changes?: ReadonlyMap<string, Change>;
  problems?: readonly Problem[];
  selected?: string | null;
  onSelect?: (node: string | null) => void;
  /** Somebody wants to see what is inside of a node that uses a pipeline. */
  onOpen?: (node: string) => void;
  /** What the graph is, for those who cannot see it. */
  label?: string;
}

/** A graph to look at: a version, or a run with its states. */
export function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <MarksProvider states={props.states} fates={props.fates} changes={props.changes} problems={props.problems}>
        <OpenNode.Provider value={props.onOpen ?? null}>
          <ReadOnlyFlow {...props} />
        </OpenNode.Provider>
      </MarksProvider>
    </ReactFlowProvider>
  );
}

function ReadOnlyFlow({ definition: raw, components, selected, onSelect, onOpen, label = "Graph" }: GraphViewProps) {
  const nodeCache = useRef<NodeCache>(new Map());
  const edgeCache = useRef<EdgeCache>(new Map());
  const { nodes, edges } = useMemo(() => {
    const { definition } = readDefinition(raw);
    const catalog = catalogOf(components as Record<string, ComponentSpec>);
    const { layout } = drawn(definition, catalog);
    const chosen = selected ? new Set([selected]) : NONE;
    const options = { definition, catalog, layout, selected: chosen, editable: false };
    return {
      nodes: flowNodes(options, nodeCache.current),
      edges: flowEdges({ ...options, selected: NONE }, edgeCache.current),
    };
  }, [raw, components, selected]);

  const shown = useOverview(nodes, edges);

  // What is told of the chosen node opens beside the graph, and must not hide it.
  const { reveal } = useCanvasView();
  const width = useStore((state) => state.width);
  useEffect(() => {
    const node = nodes.find(({ id }) => id === selected);
    if (node && width > 0) reveal({ ...node.position, width: node.width ?? 0, height: node.height ?? 0 });
    // Not when a state changes: whoever has moved the view stays where they are.
  }, [selected, width, reveal]);

  return (
    <div className="pk-readonly h-full w-full" role="region" aria-label={label}>
      <ReactFlow
        nodes={shown.nodes}
        edges={shown.edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        onlyRenderVisibleElements
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        minZoom={0.02}
        maxZoom={2}
        attributionPosition="bottom-center"
        fitView
        fitViewOptions={FIRST_FIT}
        onNodeClick={(_event, node) => onSelect?.(node.id)}
        onNodeContextMenu={(_event, node) => onSelect?.(node.id)}
        onNodeDoubleClick={(_event, { id, data }) => {
          if (data.node.pipeline) onOpen?.(id);
        }}
        zoomOnDoubleClick={false}
        onPaneClick={() => onSelect?.(null)}
        onKeyDown={(event) => {
          const id = (event.target as HTMLElement).closest("[data-id]")?.getAttribute("data-id");
          if (event.key === "Enter" && id) onSelect?.(id);
          if (event.key === "Escape" && selected) onSelect?.(null);
        }}
      >
        <CanvasChrome nodes={shown.overview ? 0 : nodes.length} />
        {shown.overview && <Overview nodes={nodes} edges={edges} onSelect={([first]) => onSelect?.(first ?? null)} />}
      </ReactFlow>
    </div>
  );
}
