/** Edge ends and edge identity: `node.port`, `node`, `load.table -> train.data`. */
import type { EdgeDef } from "./types";

export interface End {
  node: string;
  /** null for an end that is order alone. */
  port: string | null;
}

export function parseEnd(text: string): End {
  const dot = text.indexOf(".");
  return dot < 0
    ? { node: text, port: null }
    : { node: text.slice(0, dot), port: text.slice(dot + 1) };
}

export function formatEnd(end: End): string {
  return end.port === null ? end.node : `${end.node}.${end.port}`;
}

/** The text that problems use for an edge, and its identity: equal keys are the same edge. */
export function edgeKey(edge: EdgeDef): string {
  return `${edge.from} -> ${edge.to}`;
}

export function isData(edge: EdgeDef): boolean {
  return edge.from.includes(".") && edge.to.includes(".");
}
