/** Nodes put in line, or at equal distances: new places for those that move. */
import type { Box } from "./geometry";
import type { Layout } from "./types";

export const ALIGNMENTS = ["left", "center", "right", "top", "middle", "bottom"] as const;
export type Alignment = (typeof ALIGNMENTS)[number];
export type Axis = "horizontal" | "vertical";

export interface Placed extends Box {
  id: string;
}

/** All with the same edge (or middle) as the outermost of them; the other direction stays. */
export function align(boxes: readonly Placed[], how: Alignment): Layout {
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  const place: Record<Alignment, (box: Placed) => [number, number]> = {
    left: ({ y }) => [left, y],
    center: ({ y, width }) => [whole((left + right - width) / 2), y],
    right: ({ y, width }) => [right - width, y],
    top: ({ x }) => [x, top],
    middle: ({ x, height }) => [x, whole((top + bottom - height) / 2)],
    bottom: ({ x, height }) => [x, bottom - height],
  };
  return Object.fromEntries(boxes.map((box) => [box.id, place[how](box)]));
}

/**
 * The gaps between them made equal; the first and the last stay where they are.
 *
 * Where they have no room side by side, they start at equal distances instead, one over the other.
 */
export function distribute(boxes: readonly Placed[], axis: Axis): Layout {
  const start = (box: Placed): number => (axis === "horizontal" ? box.x : box.y);
  const extent = (box: Placed): number => (axis === "horizontal" ? box.width : box.height);
  const sorted = [...boxes].sort((a, b) => start(a) - start(b) || start(a) + extent(a) - start(b) - extent(b));
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last || sorted.length < 3) return Object.fromEntries(boxes.map(({ id, x, y }) => [id, [x, y]]));
  const room = start(last) + extent(last) - start(first);
  const gap = (room - sorted.reduce((sum, box) => sum + extent(box), 0)) / (sorted.length - 1);
  const step = (start(last) - start(first)) / (sorted.length - 1);
  let at = start(first);
  return Object.fromEntries(
    sorted.map((box) => {
      const place = box === last ? start(last) : whole(at);
      at += gap < 0 ? step : extent(box) + gap;
      return [box.id, axis === "horizontal" ? [place, box.y] : [box.x, place]];
    }),
  );
}

/** Never -0, which is not the same text in a document. */
const whole = (length: number): number => Math.round(length) + 0;
