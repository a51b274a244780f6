/** Where the canvas looks, for those outside it. Needs a ReactFlowProvider above. */
import { useReactFlow, useStoreApi } from "@xyflow/react";
import { useMemo } from "react";

import type { Box } from "@/graph/geometry";
import type { Point } from "@/graph/types";

import { FIT } from "./fit";

export interface CanvasView {
  fit(): void;
  /** The point of the graph in the middle of what is seen. */
  middle(): Point;
  toGraph(client: { x: number; y: number }): Point;
  /** Moves just so far that the whole box is seen; stays where it is when it is. */
  reveal(box: Box): void;
  center(box: Box): void;
}

const MARGIN = 48;
const MOVE = { duration: 200 };

export function useCanvasView(): CanvasView {
  const flow = useReactFlow();
  const store = useStoreApi();
  return useMemo<CanvasView>(() => {
    const middle = (): Point => {
      const { width, height, transform } = store.getState();
      const [x, y, zoom] = transform;
      return [(width / 2 - x) / zoom, (height / 2 - y) / zoom];
    };
    return {
      fit: () => void flow.fitView(FIT),
      middle,
      toGraph: (client) => {
        const { x, y } = flow.screenToFlowPosition(client);
        return [x, y];
      },
      reveal: (box) => {
        const { width, height, transform } = store.getState();
        const [x, y, zoom] = transform;
        const dx = shift(box.x * zoom + x, box.width * zoom, width);
        const dy = shift(box.y * zoom + y, box.height * zoom, height);
        if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom }, MOVE);
      },
      center: (box) => {
        const zoom = Math.max(store.getState().transform[2], 0.6);
        void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom, ...MOVE });
      },
    };
  }, [flow, store]);
}

/** How far to move so that [start, start + size] lies within the view's extent. */
function shift(start: number, size: number, extent: number): number {
  if (start < MARGIN) return MARGIN - start;
  const over = start + size - (extent - MARGIN);
  return over > 0 ? -Math.min(over, start - MARGIN) : 0;
}
