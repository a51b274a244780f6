/**
 * How large a node is and where its handles are, from its ports alone.
 *
 * The canvas gives these to the renderer before anything is in the DOM, so that off-screen nodes
 * need no DOM at all; `canvas/node.css` draws to the same numbers.
 */
import type { Point } from "./types";

export const GRID = 20;
/** What a drag moves by. */
export const STEP = GRID / 2;
export const NODE_WIDTH = 220;
export const HEADER_HEIGHT = 48;
export const PORT_ROW = 24;
export const PORTS_PADDING = 8;

export interface Size {
  width: number;
  height: number;
}

export function nodeSize(ports: { inputs: readonly unknown[]; outputs: readonly unknown[] } | undefined): Size {
  const rows = Math.max(ports?.inputs.length ?? 0, ports?.outputs.length ?? 0);
  const below = rows > 0 ? rows * PORT_ROW + PORTS_PADDING : 0;
  return { width: NODE_WIDTH, height: HEADER_HEIGHT + below };
}

/** The vertical middle of the port in row `row`, from the node's top. */
export function portY(row: number): number {
  return HEADER_HEIGHT + PORTS_PADDING / 2 + row * PORT_ROW + PORT_ROW / 2;
}

/** The vertical middle of the order handles. */
export const ORDER_Y = HEADER_HEIGHT / 2;

export function snap([x, y]: Point): Point {
  return [Math.round(x / GRID) * GRID, Math.round(y / GRID) * GRID];
}

export interface Box extends Size {
  x: number;
  y: number;
}

export function overlaps(a: Box, b: Box, gap: number): boolean {
  return (
    a.x < b.x + b.width + gap &&
    b.x < a.x + a.width + gap &&
    a.y < b.y + b.height + gap &&
    b.y < a.y + a.height + gap
  );
}

/** The first free place at or below `wanted` that keeps `gap` to every box. */
export function freePlace(wanted: Point, size: Size, taken: readonly Box[], gap = GRID): Point {
  let [x, y] = snap(wanted);
  for (;;) {
    const box = { x, y, ...size };
    const blocker = taken.find((other) => overlaps(box, other, gap));
    if (!blocker) return [x, y];
    y = Math.ceil((blocker.y + blocker.height + gap) / GRID) * GRID;
  }
}
