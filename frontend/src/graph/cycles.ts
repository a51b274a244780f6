/** Who comes before whom: neighbours, ancestors, and the path that would become a cycle. */
import { parseEnd } from "./ends";
import type { EdgeDef } from "./types";

export type Neighbours = ReadonlyMap<string, readonly string[]>;

/** Every node's direct successors, each once, in edge order. */
export function successors(edges: readonly EdgeDef[]): Neighbours {
  return neighbours(edges, (edge) => [parseEnd(edge.from).node, parseEnd(edge.to).node]);
}

/** Every node's direct predecessors, each once, in edge order. */
export function predecessors(edges: readonly EdgeDef[]): Neighbours {
  return neighbours(edges, (edge) => [parseEnd(edge.to).node, parseEnd(edge.from).node]);
}

function neighbours(
  edges: readonly EdgeDef[],
  pair: (edge: EdgeDef) => [string, string],
): Neighbours {
  const found = new Map<string, Set<string>>();
  for (const edge of edges) {
    const [key, value] = pair(edge);
    const known = found.get(key);
    if (known) known.add(value);
    else found.set(key, new Set([value]));
  }
  return new Map([...found].map(([key, values]) => [key, [...values]]));
}

/** Everything reachable from `start` (itself left out, unless a cycle leads back to it). */
export function reachable(start: string, next: Neighbours): Set<string> {
  const seen = new Set<string>();
  const stack = [...(next.get(start) ?? [])];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...(next.get(node) ?? []));
  }
  return seen;
}

/** The shortest path from `start` to `goal`, both included; null when there is none. */
export function path(start: string, goal: string, next: Neighbours): string[] | null {
  if (start === goal) return [start];
  const cameFrom = new Map<string, string>();
  let frontier = [start];
  while (frontier.length > 0) {
    const beyond: string[] = [];
    for (const node of frontier) {
      for (const neighbour of next.get(node) ?? []) {
        if (neighbour === start || cameFrom.has(neighbour)) continue;
        cameFrom.set(neighbour, node);
        if (neighbour === goal) return walkBack(start, goal, cameFrom);
        beyond.push(neighbour);
      }
    }
    frontier = beyond;
  }
  return null;
}

function walkBack(start: string, goal: string, cameFrom: Map<string, string>): string[] {
  const steps = [goal];
  for (let node = goal; node !== start; ) {
    node = cameFrom.get(node) as string;
    steps.push(node);
  }
  return steps.reverse();
}

/**
 * The cycle that an edge `source → target` would close, as a path that begins and ends at
 * `source`; null when it closes none.
 */
export function cycleThrough(
  edges: readonly EdgeDef[],
  source: string,
  target: string,
): string[] | null {
  const back = path(target, source, successors(edges));
  return back && [source, ...back];
}

/** Nodes in an order that respects the edges; nodes on a cycle come last, as they are listed. */
export function topological(ids: readonly string[], edges: readonly EdgeDef[]): string[] {
  const known = new Set(ids);
  const next = successors(edges);
  const waiting = new Map(ids.map((id) => [id, 0]));
  for (const [node, targets] of next) {
    if (!known.has(node)) continue;
    for (const target of targets) {
      if (known.has(target)) waiting.set(target, (waiting.get(target) ?? 0) + 1);
    }
  }
  const order = ids.filter((id) => waiting.get(id) === 0);
  for (let at = 0; at < order.length; at += 1) {
    for (const target of next.get(order[at] as string) ?? []) {
      const left = waiting.get(target);
      if (left === undefined) continue;
      waiting.set(target, left - 1);
      if (left === 1) order.push(target);
    }
  }
  const placed = new Set(order);
  return [...order, ...ids.filter((id) => !placed.has(id))];
}
