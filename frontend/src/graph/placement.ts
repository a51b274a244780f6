/** Positions for nodes that have none: columns by depth, in the order of the document. */
import { predecessors, topological } from "./cycles";
import { GRID, type Size, snap } from "./geometry";
import type { Definition, Layout, Point } from "./types";

const COLUMN_GAP = 80;
const ROW_GAP = 40;

/**
 * A position for every node. Those in the layout keep theirs; the others are drawn in columns
 * beneath them (or at the origin when nothing is placed yet).
 */
export function placeAll(definition: Definition, sizeOf: (id: string) => Size): Layout {
  const placed: Layout = {};
  const open: string[] = [];
  let bottom = Number.NEGATIVE_INFINITY;
  for (const { id } of definition.nodes) {
    const position = definition.layout[id];
    if (position && position.every(Number.isFinite)) {
      placed[id] = position;
      bottom = Math.max(bottom, position[1] + sizeOf(id).height);
    } else open.push(id);
  }
  if (open.length === 0) return placed;
  const top = Number.isFinite(bottom) ? bottom + 2 * ROW_GAP : 0;
  return { ...placed, ...inColumns(definition, open, sizeOf, top) };
}

function inColumns(
  definition: Definition,
  ids: readonly string[],
  sizeOf: (id: string) => Size,
  top: number,
): Layout {
  const before = predecessors(definition.edges);
  const depth = new Map<string, number>();
  for (const id of topological(ids, definition.edges)) {
    const above = (before.get(id) ?? []).map((other) => depth.get(other) ?? -1);
    depth.set(id, Math.max(-1, ...above) + 1);
  }
  const columns: string[][] = [];
  for (const id of ids) (columns[depth.get(id) as number] ??= []).push(id);
  const layout: Layout = {};
  let x = 0;
  for (const column of columns.filter(Boolean)) {
    let y = top;
    let width = 0;
    for (const id of column) {
      const size = sizeOf(id);
      layout[id] = snap([x, y]) satisfies Point;
      y += size.height + ROW_GAP;
      width = Math.max(width, size.width);
    }
    x += Math.ceil((width + COLUMN_GAP) / GRID) * GRID;
  }
  return layout;
}
