/** A calm arrangement of the whole graph, computed by elk in a worker. */
import type { ELK as Elk, ElkNode } from "elkjs/lib/elk-api";

import type { Drawn } from "@/document";
import { parseEnd } from "@/graph/ends";
import { nodeSize, ORDER_Y, portY, snap } from "@/graph/geometry";
import { portsOf } from "@/graph/interface";
import type { Layout, Point } from "@/graph/types";

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.layered.spacing.nodeNodeBetweenLayers": "90",
  "elk.spacing.nodeNode": "40",
  "elk.spacing.edgeNode": "20",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.separateConnectedComponents": "true",
  "elk.spacing.componentComponent": "60",
};

let elk: Promise<Elk> | null = null;

/** The library and its worker come with the first use: most visits never tidy. */
function loadElk(): Promise<Elk> {
  elk ??= Promise.all([
    import("elkjs/lib/elk-api.js"),
    import("elkjs/lib/elk-worker.min.js?worker"),
  ]).then(([{ default: Api }, { default: Worker }]) => new Api({ workerFactory: () => new Worker() }));
  elk.catch(() => {
    elk = null;
  });
  return elk;
}

/** New positions for the given nodes, or for all; the top left corner stays where it is. */
export async function tidy(drawn: Drawn, only: ReadonlySet<string>): Promise<Layout> {
  const ids = only.size > 1 ? only : new Set(drawn.definition.nodes.map(({ id }) => id));
  const { children = [] } = await (await loadElk()).layout(toElk(drawn, ids), { layoutOptions: OPTIONS });
  const corner = topLeft([...ids].map((id) => drawn.layout[id] ?? [0, 0]));
  const found = children.map(({ id, x = 0, y = 0 }): [string, Point] => [id, [x, y]]);
  const [left, top] = topLeft(found.map(([, point]) => point));
  return Object.fromEntries(
    found.map(([id, [x, y]]) => [id, snap([x - left + corner[0], y - top + corner[1]])]),
  );
}

function topLeft(points: readonly Point[]): Point {
  return [Math.min(...points.map(([x]) => x)), Math.min(...points.map(([, y]) => y))];
}

function toElk({ definition, catalog }: Drawn, ids: ReadonlySet<string>): ElkNode {
  const nodes = definition.nodes.filter(({ id }) => ids.has(id));
  const known = new Set<string>();
  const children = nodes.map((node): ElkNode => {
    const { id } = node;
    const ports = portsOf(definition, catalog, node);
    const size = nodeSize(ports);
    const port = (side: "in" | "out", name: string, y: number) => {
      const key = `${id} ${side} ${name}`;
      known.add(key);
      return { id: key, width: 0, height: 0, x: side === "in" ? 0 : size.width, y };
    };
    return {
      id,
      ...size,
      layoutOptions: { "elk.portConstraints": "FIXED_POS" },
      ports: [
        port("in", "", ORDER_Y),
        port("out", "", ORDER_Y),
        ...(ports?.inputs ?? []).map(({ name }, row) => port("in", name, portY(row))),
        ...(ports?.outputs ?? []).map(({ name }, row) => port("out", name, portY(row))),
      ],
    };
  });
  const edges = definition.edges.flatMap((edge, at) => {
    const from = parseEnd(edge.from);
    const to = parseEnd(edge.to);
    const source = `${from.node} out ${from.port ?? ""}`;
    const target = `${to.node} in ${to.port ?? ""}`;
    return known.has(source) && known.has(target)
      ? [{ id: `edge ${at}`, sources: [source], targets: [target] }]
      : [];
  });
  return { id: "root", children, edges };
}
