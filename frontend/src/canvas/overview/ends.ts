import type { CardNode, LinkEdge } from "../flow";
import type { SceneEdge } from "./scene";

/** Where each edge begins and ends, from the handles of its nodes. */
export function edgeEnds(nodes: readonly CardNode[], edges: readonly LinkEdge[]): SceneEdge[] {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const point = (id: string, handle: string | null | undefined, type: "source" | "target"): [number, number] | null => {
    const node = known.get(id);
    const at = node?.handles?.find((one) => one.type === type && one.id === handle);
    if (!node || !at) return null;
    return [node.position.x + at.x + (at.width ?? 0) / 2, node.position.y + at.y + (at.height ?? 0) / 2];
  };
  return edges.flatMap(({ id, source, target, sourceHandle, targetHandle, selected = false, data }) => {
    const from = point(source, sourceHandle, "source");
    const to = point(target, targetHandle, "target");
    return from && to ? [{ id, source, from, to, order: data?.type === null, selected }] : [];
  });
}
