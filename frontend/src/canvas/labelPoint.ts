import type { Point } from "@/graph/types";

interface Ends {
  sourceX: number;
  sourceY: number;
  targetX: number;
  targetY: number;
}

/** How far behind its source the words of an edge stand: the middle of the usual gap. */
const BEHIND = 40;
/** Labels this close to their port's height share one line, so that those of one port coincide. */
const LEVEL = 10;

/**
 * Where the words on an edge stand: on the curve, just behind the port they tell of.
 *
 * A long edge may pass behind other nodes; the gap after its source is free. An edge that leads
 * back has no such gap and keeps its words in the middle.
 */
export function labelPoint({ sourceX, sourceY, targetX, targetY }: Ends, middle: Point): Point {
  const width = targetX - sourceX;
  if (width <= 2 * BEHIND) return middle;
  // The curve's control points stand half way: x = 1.5t(1-t) + t^3, y = 3t^2 - 2t^3, both of 1.
  let [low, high] = [0, 0.5];
  while (high - low > 0.001) {
    const t = (low + high) / 2;
    if (1.5 * t * (1 - t) + t ** 3 < BEHIND / width) low = t;
    else high = t;
  }
  const off = (3 * low ** 2 - 2 * low ** 3) * (targetY - sourceY);
  return [sourceX + BEHIND, Math.abs(off) < LEVEL ? sourceY : sourceY + off];
}
