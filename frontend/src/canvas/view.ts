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
  /**
   * Stays where it is while the whole box is seen. Otherwise shows it together with `company`,
   * if that does not make everything small; else moves just as far as it must.
   */
  reveal(box: Box, company?: readonly Box[]): void;
  center(box: Box): void;
}

const MARGIN = 48;
/** The zoom at which a node's text can still be read with ease. */
const READABLE = 0.75;
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
      reveal: (box, company = []) => {
        const { width, height, transform } = store.getState();
        const [x, y, zoom] = transform;
        const dx = shift(box.x * zoom + x, box.width * zoom, width);
        const dy = shift(box.y * zoom + y, box.height * zoom, height);
        if (dx === 0 && dy === 0) return;
        const all = around([box, ...company]);
        const whole = Math.min((width - 2 * MARGIN) / all.width, (height - 2 * MARGIN) / all.height);
        if (company.length > 0 && whole >= READABLE) {
          const fit = Math.min(whole, zoom);
          const left = width / 2 - (all.x + all.width / 2) * fit;
          const top = height / 2 - (all.y + all.height / 2) * fit;
          void flow.setViewport({ x: left, y: top, zoom: fit }, MOVE);
        } else void flow.setViewport({ x: x + dx, y: y + dy, zoom }, MOVE);
      },
      center: (box) => {
        const zoom = Math.max(store.getState().transform[2], 0.6);
        void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom, ...MOVE });
      },
    };
  }, [flow, store]);
}

function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  return {
    x,
    y,
    width: Math.max(...boxes.map((box) => box.x + box.width)) - x,
    height: Math.max(...boxes.map((box) => box.y + box.height)) - y,
  };
}

/** How far to move so that [start, start + size] lies within the view's extent. */
function shift(start: number, size: number, extent: number): number {
  if (start < MARGIN) return MARGIN - start;
  const over = start + size - (extent - MARGIN);
  return over > 0 ? -Math.min(over, start - MARGIN) : 0;
}
