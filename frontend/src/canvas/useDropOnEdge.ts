/** What is dragged over an edge is put into it: a component of the palette, or a node without edges. */
import type { DragEvent, MouseEvent as ReactMouseEvent } from "react";
import { useMemo } from "react";

import { type Drawn, edgeOf, insertExistingAct, isJoinedAnywhere, useDocumentStore } from "@/document";
import { splice } from "@/graph/insert";
import type { Layout } from "@/graph/types";

import type { CardNode } from "./flow";
import { useMarksStore } from "./marks";

/** What a component dragged from the palette carries: its reference. */
export const COMPONENT_MIME = "application/x-penstock-component";

export interface EdgeDrop {
  /** The edge under the mouse lights up while a component is dragged over it. */
  over(event: DragEvent): void;
  leave(): void;
  /** The edge that a component was dropped on. */
  taken(): string | undefined;
  /** The edge under a dragged node lights up where the node fits into it. */
  dragged(event: MouseEvent | TouchEvent | ReactMouseEvent, node: CardNode, nodes: CardNode[], drawn: Drawn): void;
  /** Puts a node that was dropped on an edge into it; false where there is none. */
  put(node: CardNode, layout: Layout, drawn: Drawn): boolean;
}

export function useDropOnEdge(): EdgeDrop {
  const store = useDocumentStore();
  const marks = useMarksStore();
  return useMemo<EdgeDrop>(() => {
    const light = (dropEdge: string | null): void => {
      if (marks.getState().dropEdge !== dropEdge) marks.setState({ dropEdge });
    };
    const take = (): string | undefined => {
      const { dropEdge } = marks.getState();
      light(null);
      return dropEdge ?? undefined;
    };
    return {
      over: ({ clientX, clientY }) => light(edgeAt(clientX, clientY)),
      leave: () => light(null),
      taken: take,
      dragged: (event, node, nodes, drawn) => {
        const { definition } = drawn;
        if (nodes.length !== 1 || isJoinedAnywhere(definition, node.id) || !("clientX" in event)) return light(null);
        const key = edgeAt(event.clientX, event.clientY);
        const edge = key === null ? undefined : edgeOf(definition, key);
        light(edge && splice(definition, drawn.catalog, edge, node.data.node) ? key : null);
      },
      put: (node, layout, drawn) => {
        const key = take();
        const at = layout[node.id];
        const act = key === undefined || !at ? null : insertExistingAct(drawn, node.id, key, at);
        return act !== null && store.getState().perform(act) === null;
      },
    };
  }, [marks, store]);
}

/** The edge drawn at a place of the window, also where a node lies over it. */
function edgeAt(x: number, y: number): string | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const edge = element.closest(".react-flow__edge");
    if (edge) return edge.getAttribute("data-id");
  }
  return null;
}
