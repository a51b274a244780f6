import { useStore } from "@xyflow/react";
import { useEffect, useRef } from "react";

import type { CardNode } from "./flow";
import { useCanvasView } from "./view";

/** A pane opens beside the canvas, or grows: the one node that is looked at stays in view. */
export function useKeepInView(nodes: readonly CardNode[], id: string | null): void {
  const view = useCanvasView();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const known = useRef({ width, height, nodes, id });
  useEffect(() => {
    known.current = { ...known.current, nodes, id };
  }, [nodes, id]);
  useEffect(() => {
    const { width: before, height: tall, nodes: drawn, id: chosen } = known.current;
    known.current = { ...known.current, width, height };
    // Before its first size there is nothing to keep: the whole graph is fitted in.
    if (before === 0 || (width >= before && height >= tall)) return;
    const node = drawn.find((one) => one.id === chosen);
    if (node) view.reveal({ ...node.position, width: node.width ?? 0, height: node.height ?? 0 });
  }, [view, width, height]);
}
