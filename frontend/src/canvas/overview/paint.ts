/** Draws a graph seen from far. Everything of one colour is one path: thousands of boxes in a frame. */
import type { NodeState } from "@/api/types";
import type { Fate, NodeStatus } from "../status";
import type { Scene, SceneEdge, SceneNode } from "./scene";

export interface Colors {
  surface: string;
  line: string;
  accent: string;
  danger: string;
  states: Readonly<Record<NodeState, string>>;
  fates: Readonly<Record<Fate, string>>;
}

export interface View {
  /** In pixels of the screen. */
  width: number;
  height: number;
  transform: readonly [x: number, y: number, zoom: number];
  ratio: number;
}

export interface Shown {
  states: ReadonlyMap<string, NodeStatus>;
  fates: ReadonlyMap<string, Fate>;
  problems: ReadonlyMap<string, unknown>;
}

/** Below this zoom a curve and a straight line look alike. */
const STRAIGHT = 0.12;
/** A box of this many pixels has room for the sign of its state. */
const SIGN_FROM = 12;

export function paint(context: CanvasRenderingContext2D, scene: Scene, shown: Shown, colors: Colors, view: View): void {
  const [x, y, zoom] = view.transform;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, view.width * view.ratio, view.height * view.ratio);
  context.setTransform(view.ratio * zoom, 0, 0, view.ratio * zoom, view.ratio * x, view.ratio * y);
  const area = { left: -x / zoom, top: -y / zoom, right: (view.width - x) / zoom, bottom: (view.height - y) / zoom };
  const edges = scene.edges.filter(
    ({ from, to }) =>
      Math.min(from[0], to[0]) <= area.right &&
      Math.max(from[0], to[0]) >= area.left &&
      Math.min(from[1], to[1]) <= area.bottom &&
      Math.max(from[1], to[1]) >= area.top,
  );
  const nodes = scene.nodes.filter(
    (box) => box.x <= area.right && box.x + box.width >= area.left && box.y <= area.bottom && box.y + box.height >= area.top,
  );
  lines(context, edges, shown, colors, zoom);
  boxes(context, nodes, shown, colors, zoom);
}

function lines(context: CanvasRenderingContext2D, edges: readonly SceneEdge[], { states }: Shown, colors: Colors, zoom: number): void {
  const color = (edge: SceneEdge): string => {
    if (edge.selected) return colors.accent;
    const state = states.get(edge.source)?.state;
    return state === "success" || state === "failed" || state === "running" ? colors.states[state] : colors.line;
  };
  context.lineWidth = Math.max(1 / zoom, 2.5);
  for (const [stroke, some] of grouped(edges, (edge) => `${color(edge)}${edge.order ? " dashed" : ""}`)) {
    context.strokeStyle = stroke.replace(" dashed", "");
    context.setLineDash(some[0]?.order && zoom > STRAIGHT ? [10, 10] : []);
    context.beginPath();
    for (const { from, to } of some) {
      context.moveTo(...from);
      if (zoom < STRAIGHT) context.lineTo(...to);
      else {
        const reach = bend(to[0] - from[0]);
        context.bezierCurveTo(from[0] + reach, from[1], to[0] - reach, to[1], ...to);
      }
    }
    context.stroke();
  }
  context.setLineDash([]);
}

/** How far a curve goes on straight before it turns: as near, so that nothing jumps. */
function bend(across: number): number {
  return across >= 0 ? 0.5 * across : 0.25 * 25 * Math.sqrt(-across);
}

function boxes(context: CanvasRenderingContext2D, nodes: readonly SceneNode[], shown: Shown, colors: Colors, zoom: number): void {
  const look = (box: SceneNode): string => {
    const fate = shown.fates.get(box.id);
    if (fate) return `${colors.surface}|${colors.fates[fate]}`;
    const state = shown.states.get(box.id)?.state;
    if (state) return `${colors.states[state]}|${colors.states[state]}`;
    return `${colors.surface}|${box.unknown || shown.problems.has(box.id) ? colors.danger : colors.line}`;
  };
  const rounded = zoom > STRAIGHT;
  for (const [key, some] of grouped(nodes, look)) {
    const [fill = "", stroke = ""] = key.split("|");
    context.beginPath();
    for (const { x, y, width, height } of some) {
      if (rounded) context.roundRect(x, y, width, height, 8);
      else context.rect(x, y, width, height);
    }
    context.fillStyle = fill;
    context.fill();
    context.strokeStyle = stroke;
    context.lineWidth = Math.min(4, 1.5 / zoom);
    context.stroke();
  }
  const chosen = nodes.filter(({ selected }) => selected);
  if (chosen.length > 0) {
    const gap = 2 / zoom;
    context.beginPath();
    for (const { x, y, width, height } of chosen) context.rect(x - gap, y - gap, width + 2 * gap, height + 2 * gap);
    context.strokeStyle = colors.accent;
    context.lineWidth = 2.5 / zoom;
    context.stroke();
  }
  signs(context, nodes, shown, colors, zoom);
}

/** States are told by shape too: a tick, a cross, an arrow, two bars. */
function signs(context: CanvasRenderingContext2D, nodes: readonly SceneNode[], { states }: Shown, colors: Colors, zoom: number): void {
  context.strokeStyle = colors.surface;
  context.lineWidth = Math.max(8, 1.5 / zoom);
  context.beginPath();
  for (const { id, x, y, width, height } of nodes) {
    if (height * zoom < SIGN_FROM) continue;
    const draw = SIGNS[states.get(id)?.state ?? "pending"];
    draw?.(context, x + width / 2, y + height / 2, Math.min(width, height) / 4);
  }
  context.stroke();
}

type Sign = (context: CanvasRenderingContext2D, x: number, y: number, size: number) => void;

const SIGNS: Partial<Record<NodeState, Sign>> = {
  success: (context, x, y, size) => {
    context.moveTo(x - size, y);
    context.lineTo(x - size / 3, y + size * 0.7);
    context.lineTo(x + size, y - size * 0.7);
  },
  failed: (context, x, y, size) => {
    context.moveTo(x - size * 0.8, y - size * 0.8);
    context.lineTo(x + size * 0.8, y + size * 0.8);
    context.moveTo(x + size * 0.8, y - size * 0.8);
    context.lineTo(x - size * 0.8, y + size * 0.8);
  },
  running: (context, x, y, size) => {
    context.moveTo(x - size * 0.5, y - size * 0.8);
    context.lineTo(x + size * 0.6, y);
    context.lineTo(x - size * 0.5, y + size * 0.8);
  },
  waiting: bars,
  queued: bars,
  skipped: dash,
  cancelled: dash,
};

function bars(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  for (const side of [-1, 1]) {
    context.moveTo(x + (side * size) / 2, y - size * 0.8);
    context.lineTo(x + (side * size) / 2, y + size * 0.8);
  }
}

function dash(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  context.moveTo(x - size, y);
  context.lineTo(x + size, y);
}

function grouped<T>(things: readonly T[], key: (thing: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const name = key(thing);
    const group = groups.get(name);
    if (group) group.push(thing);
    else groups.set(name, [thing]);
  }
  return groups;
}
