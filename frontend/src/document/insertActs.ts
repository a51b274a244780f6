/** A node put into an edge, as an act: by a drop on it, from its button, or by a node dragged there. */
import { shownName, usingRef } from "@/graph/catalog";
import { reachable, successors } from "@/graph/cycles";
import { edgeKey, parseEnd } from "@/graph/ends";
import { type Box, freePlace, GRID, nodeSize, overlaps, snap } from "@/graph/geometry";
import { type Splice, splice } from "@/graph/insert";
import { portsOf } from "@/graph/interface";
import { labelsOf } from "@/graph/labels";
import { freeName } from "@/graph/names";
import type { Definition, EdgeDef, NodeDef, Point } from "@/graph/types";

import { type Addition, boxesOf, type Drawn, moveAct } from "./acts";
import type { Edit } from "./edits";
import type { Act } from "./history";

/** What is left free on both sides of the new node, where the graph gives way for it. */
const GAP = 60;

export interface InsertRequest {
  /** What it uses, with the version. */
  component: string;
  /** The edge that it is put into. */
  edge: string;
  /** Where its top left corner should be; between the two ends when absent. */
  at?: Point;
}

/** A new node in an edge, or words that tell why there is none. What lies behind gives way. */
export function insertAct(drawn: Drawn, request: InsertRequest): Addition | string {
  const { definition, catalog } = drawn;
  const edge = edgeOf(definition, request.edge);
  const name = shownName(request.component).split("/").at(-1) || "node";
  const node: NodeDef = {
    id: freeName(name, new Set(definition.nodes.map(({ id }) => id))),
    ...usingRef(request.component),
  };
  const found = edge && splice(definition, catalog, edge, node);
  if (!edge || !found) return doesNotFit(definition, edge, shownName(request.component));
  const size = nodeSize(portsOf({ ...definition, nodes: [...definition.nodes, node] }, catalog, node));
  const { box, moved } = placed(drawn, edge, size, request.at);
  return {
    act: {
      edit: batch([
        moveAct(drawn, moved).edit,
        { kind: "add", nodes: [{ node, position: [box.x, box.y] }], edges: [] },
        ...rewired(definition, found),
      ]),
      label: `insert ${node.id}`,
    },
    id: node.id,
    box,
  };
}

/** A node that is there already, dropped on an edge; null where it does not go into it. */
export function insertExistingAct(drawn: Drawn, id: string, key: string, at: Point): Act | null {
  const { definition, catalog } = drawn;
  const edge = edgeOf(definition, key);
  const node = definition.nodes.find((one) => one.id === id);
  if (!edge || !node || isJoinedAnywhere(definition, id)) return null;
  const found = splice(definition, catalog, edge, node);
  if (!found) return null;
  const size = nodeSize(portsOf(definition, catalog, node));
  const { box, moved } = placed(drawn, edge, size, at, id);
  return {
    edit: batch([moveAct(drawn, { ...moved, [id]: [box.x, box.y] }).edit, ...rewired(definition, found)]),
    label: `insert ${id}`,
  };
}

/** Only a node that nothing is joined to yet is put into an edge by dragging it there. */
export function isJoinedAnywhere({ edges }: Definition, id: string): boolean {
  return edges.some(({ from, to }) => parseEnd(from).node === id || parseEnd(to).node === id);
}

export function edgeOf({ edges }: Definition, key: string): EdgeDef | undefined {
  return edges.find((one) => edgeKey(one) === key);
}

/** The edge behind the node takes the old one's turn: a port that takes several keeps their order. */
function rewired({ edges }: Definition, { edge, into, outOf }: Splice): Edit[] {
  const at = edges.indexOf(edge);
  return [
    { kind: "remove", nodes: [], edges: [edgeKey(edge)] },
    { kind: "add", nodes: [], edges: [{ edge: outOf, at }, { edge: into }] },
  ];
}

function batch(edits: Edit[]): Edit {
  return { kind: "batch", edits };
}

function doesNotFit(definition: Definition, edge: EdgeDef | undefined, name: string): string {
  if (!edge) return "That edge is not there any more.";
  const label = labelsOf(definition);
  const [source, target] = [parseEnd(edge.from), parseEnd(edge.to)];
  return (
    `\`${name}\` does not fit between ${label(source.node)} and ${label(target.node)}: it would have to take ` +
    `what \`${edge.from}\` gives and give what \`${edge.to}\` takes.`
  );
}

interface Place {
  box: Box;
  /** Those that give way. */
  moved: Record<string, Point>;
}

function placed(drawn: Drawn, edge: EdgeDef, size: { width: number; height: number }, at?: Point, own?: string): Place {
  const { definition, layout } = drawn;
  const boxes = new Map(boxesOf(drawn).map((box, index) => [definition.nodes[index]?.id ?? "", box]));
  if (own) boxes.delete(own);
  const source = boxes.get(parseEnd(edge.from).node);
  const target = boxes.get(parseEnd(edge.to).node);
  const leads = source && target && target.x >= source.x + source.width;
  if (!leads) {
    const [x, y] = at ? snap(at) : freePlace([source?.x ?? 0, (source?.y ?? 0) + 200], size, [...boxes.values()]);
    return { box: { x, y, ...size }, moved: {} };
  }
  const after = source.x + source.width;
  const middle: Point = [(after + target.x - size.width) / 2, (source.y + target.y) / 2];
  const [wantedX, y] = snap(at ?? middle);
  const x = Math.max(wantedX, up(after + GAP));
  const box = { x, y, ...size };
  const need = x + size.width + GAP - target.x;
  if (need <= 0 || (at && !overlaps(box, target, GAP))) return { box, moved: {} };
  const behind = reachable(parseEnd(edge.to).node, successors(definition.edges)).add(parseEnd(edge.to).node);
  const moved = [...behind].flatMap((id): [string, Point][] => {
    const [left, top] = layout[id] ?? [0, 0];
    return id !== own && left >= after ? [[id, [left + up(need), top]]] : [];
  });
  return { box, moved: Object.fromEntries(moved) };
}

const up = (length: number): number => Math.ceil(length / GRID) * GRID;

