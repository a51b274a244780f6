/** The renderer alone, with its own nodes, on the graph of the benchmark: what any editor on it must cost. */
import "@xyflow/react/dist/style.css";

import { type Edge, type Node, Position, ReactFlow } from "@xyflow/react";
import { createRoot } from "react-dom/client";

interface Graph {
  nodes: { id: string; at: [x: number, y: number] }[];
  edges: { from: string; to: string }[];
}

const options = new URLSearchParams(location.search);
const sized = options.has("sized");
const size = { width: 220, height: 80 };
const handles = [
  { type: "target" as const, position: Position.Left, x: 0, y: 40, width: 6, height: 6 },
  { type: "source" as const, position: Position.Right, x: 220, y: 40, width: 6, height: 6 },
];
const graph = (await (await fetch(`./graph-${options.get("nodes")}.json`)).json()) as Graph;
const nodes: Node[] = graph.nodes.map(({ id, at: [x, y] }) => ({
  id,
  position: { x, y },
  data: { label: id },
  sourcePosition: Position.Right,
  targetPosition: Position.Left,
  style: size,
  ...(sized && { ...size, measured: size, handles }),
}));
const edges: Edge[] = graph.edges.map(({ from, to }) => ({ id: `${from}-${to}`, source: from, target: to }));

createRoot(document.getElementById("root") as HTMLElement).render(
  <ReactFlow
    defaultNodes={nodes}
    defaultEdges={edges}
    onlyRenderVisibleElements={options.has("visible")}
    minZoom={0.02}
    fitView
    fitViewOptions={{ minZoom: 0.35 }}
    onInit={(flow) => Object.assign(window, { fitAll: () => flow.fitView() })}
  />,
);
