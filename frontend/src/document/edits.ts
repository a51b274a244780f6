/**
 * Every change to a definition is one of these values, and every one has an inverse.
 *
 * Nothing else changes the document: undo, paste, a restored version and a colleague's draft all
 * go through `apply`.
 */
import { edgeKey, parseEnd } from "@/graph/ends";
import type { Definition, EdgeDef, NodeDef, Parameter, Point } from "@/graph/types";

export interface PlacedNode {
  node: NodeDef;
  /** Where in the list; at the end when absent. */
  at?: number;
  position?: Point;
}

export interface PlacedEdge {
  edge: EdgeDef;
  /** Where in the list; at the end when absent. Matters for ports that take several edges. */
  at?: number;
}

/** Node fields other than `id`, `params` and the position. */
export type NodeOption = Exclude<keyof NodeDef, "id" | "params">;
export type DocumentField = "name" | "description" | "on_failure" | "max_parallel" | "cache" | "outputs";

export type Edit =
  | { kind: "add"; nodes: PlacedNode[]; edges: PlacedEdge[] }
  /**
   * Exactly these; `removal` finds the edges at the nodes. Edges are named by their key, and all
   * with that key go.
   */
  | { kind: "remove"; nodes: string[]; edges: string[] }
  /** null takes the position away: the node is then placed by the program. */
  | { kind: "move"; positions: Record<string, Point | null> }
  /** Changes the id in edges, outputs, layout and expressions too. */
  | { kind: "rename"; from: string; to: string }
  /** undefined takes the value away. */
  | { kind: "setParam"; node: string; name: string; value: unknown }
  | { kind: "setParams"; node: string; params: NodeDef["params"] }
  | { kind: "setOption"; node: string; option: NodeOption; value: unknown }
  | { kind: "setParameters"; parameters: Parameter[] | undefined }
  | { kind: "setField"; field: DocumentField; value: Definition[DocumentField] }
  | { kind: "replace"; definition: Definition }
  | { kind: "batch"; edits: Edit[] };

/** Takes nodes away with every edge at them, and further edges by their keys. */
export function removal(
  definition: Definition,
  nodes: ReadonlySet<string>,
  edges: ReadonlySet<string> = new Set(),
): Edit {
  const touching = definition.edges.filter(
    ({ from, to }) => nodes.has(parseEnd(from).node) || nodes.has(parseEnd(to).node),
  );
  return {
    kind: "remove",
    nodes: [...nodes],
    edges: [...new Set([...edges, ...touching.map(edgeKey)])],
  };
}

/** An edit that does not fit the document, with the reason in words. Nothing was changed. */
export class EditRefused extends Error {
  override readonly name = "EditRefused";
}
