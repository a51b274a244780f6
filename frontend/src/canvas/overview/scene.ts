/** A graph seen from far: boxes and lines, and which box is where. */
import { edgeEnds } from "./ends";
import type { CardNode, LinkEdge } from "../flow";
import type { Box } from "@/graph/geometry";

/** Boxes are looked up by cells of this size, in units of the graph. */
const CELL = 500;

export interface SceneNode extends Box {
  id: string;
  selected: boolean;
  /** What it uses is not in the catalog. */
  unknown: boolean;
}

export interface SceneEdge {
  id: string;
  source: string;
  from: [x: number, y: number];
  to: [x: number, y: number];
  /** Order alone, without data. */
  order: boolean;
  selected: boolean;
}

export interface Scene {
  nodes: readonly SceneNode[];
  edges: readonly SceneEdge[];
  /** The topmost box at a point. */
  at(x: number, y: number): SceneNode | undefined;
}

export function sceneOf(nodes: readonly CardNode[], edges: readonly LinkEdge[]): Scene {
  const boxes = nodes.map(
    ({ id, position, width = 0, height = 0, selected = false, data }): SceneNode => ({
      id,
      ...position,
      width,
      height,
      selected,
      unknown: !data.spec,
    }),
  );
  const cells = new Map<string, SceneNode[]>();
  for (const box of boxes) {
    for (const key of cellsOf(box)) {
      const cell = cells.get(key);
      if (cell) cell.push(box);
      else cells.set(key, [box]);
    }
  }
  return {
    nodes: boxes,
    edges: edgeEnds(nodes, edges),
    at: (x, y) =>
      cells
        .get(`${Math.floor(x / CELL)},${Math.floor(y / CELL)}`)
        ?.findLast((box) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height),
  };
}

function* cellsOf({ x, y, width, height }: Box): Iterable<string> {
  for (let column = Math.floor(x / CELL); column <= Math.floor((x + width) / CELL); column++) {
    for (let row = Math.floor(y / CELL); row <= Math.floor((y + height) / CELL); row++) yield `${column},${row}`;
  }
}

/** The boxes that a rectangle touches. */
export function within({ nodes }: Scene, area: Box): string[] {
  return nodes
    .filter(
      (box) =>
        box.x < area.x + area.width &&
        area.x < box.x + box.width &&
        box.y < area.y + area.height &&
        area.y < box.y + box.height,
    )
    .map(({ id }) => id);
}
