import { useStore } from "@xyflow/react";
import { useMemo } from "react";

import { FAR } from "../fit";
import type { CardNode, LinkEdge } from "../flow";

/** So few are drawn one by one at any zoom: each can then be reached by itself. */
const FROM = 200;

const NO_EDGES: LinkEdge[] = [];
const hidden = new WeakMap<CardNode, CardNode>();

function hide(node: CardNode): CardNode {
  const known = hidden.get(node);
  if (known) return known;
  const fresh = { ...node, hidden: true };
  hidden.set(node, fresh);
  return fresh;
}

export interface ForRenderer {
  /** The graph is drawn in one picture; the renderer draws nothing of it. */
  overview: boolean;
  nodes: CardNode[];
  edges: LinkEdge[];
}

/** What is left for the renderer to draw: of a large graph seen from far, nothing. */
export function useOverview(nodes: CardNode[], edges: LinkEdge[]): ForRenderer {
  const far = useStore(({ transform }) => transform[2] < FAR);
  const overview = far && nodes.length >= FROM;
  return useMemo(
    () => (overview ? { overview, nodes: nodes.map(hide), edges: NO_EDGES } : { overview, nodes, edges }),
    [overview, nodes, edges],
  );
}
