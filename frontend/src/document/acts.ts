/** What people do, as edits: add, connect, move, remove, paste. Pure: they look and propose. */
import { bestEdge, candidates } from "@/graph/autoconnect";
import { fragmentOf, type Fragment, insertion } from "@/graph/clipboard";
import { refOf, shownName, usingRef } from "@/graph/catalog";
import type { Terminal } from "@/graph/connect";
import { edgeKey, formatEnd, parseEnd } from "@/graph/ends";
import { type Box, freePlace, GRID, NODE_WIDTH, nodeSize, snap } from "@/graph/geometry";
import { portsOf } from "@/graph/interface";
import { renameParameterMentions } from "@/graph/mentions";
import { freeName } from "@/graph/names";
import type { Catalog, Definition, EdgeDef, Layout, NodeDef, Point } from "@/graph/types";

import { type Edit, removal } from "./edits";
import type { Act } from "./history";
import type { Selection } from "./store";

const GAP = 80;

/** The document as it is drawn: with a position for every node. */
export interface Drawn {
  definition: Definition;
  catalog: Catalog;
  layout: Layout;
}

export function boxesOf({ definition, catalog, layout }: Drawn): Box[] {
  return definition.nodes.map((node) => {
    const [x, y] = layout[node.id] ?? [0, 0];
    return { x, y, ...nodeSize(portsOf(definition, catalog, node)) };
  });
}

const count = (number: number, thing: string): string =>
  number === 1 ? thing : `${number} ${thing}s`;

/** Positions of nodes that were placed by the program are written down as well: they then stay. */
export function moveAct(
  { definition, layout }: Drawn,
  positions: Record<string, Point>,
  options: { label?: string; merge?: string } = {},
): Act {
  const unplaced = definition.nodes.filter(({ id }) => !definition.layout[id] && layout[id]);
  const kept = Object.fromEntries(unplaced.map(({ id }) => [id, layout[id] as Point]));
  return {
    edit: { kind: "move", positions: { ...kept, ...positions } },
    label: options.label ?? `move ${count(Object.keys(positions).length, "node")}`,
    merge: options.merge,
  };
}

export function connectAct(edge: EdgeDef): Act {
  return { edit: { kind: "add", nodes: [], edges: [{ edge }] }, label: "connect" };
}

export function removeAct(definition: Definition, { nodes, edges }: Selection): Act {
  return {
    edit: removal(definition, nodes, edges),
    label: nodes.size > 0 ? `delete ${count(nodes.size, "node")}` : `delete ${count(edges.size, "edge")}`,
  };
}

export interface AddRequest {
  /** What it uses, with the version: `core/read_csv@1`, `pipeline:score-model@4`. */
  component: string;
  /** Where its top left corner should be; near the anchor, or `middle`, when absent. */
  at?: Point;
  /** The node it should stand beside and be connected to. */
  anchor?: string | null;
  /** A wire that was dropped on the empty canvas: the new node takes its other end. */
  wire?: Terminal | null;
  /** What is in the middle of the view, for a node without an anchor. */
  middle: Point;
}

export interface Addition {
  act: Act;
  id: string;
  box: Box;
}

/** A new node: beside what it belongs to, connected to it where types fit, on nobody's toes. */
export function addAct(drawn: Drawn, request: AddRequest): Addition {
  const { definition, catalog, layout } = drawn;
  const name = shownName(request.component).split("/").at(-1) || "node";
  const node: NodeDef = {
    id: freeName(name, new Set(definition.nodes.map(({ id }) => id))),
    ...usingRef(request.component),
  };
  const together = { ...definition, nodes: [...definition.nodes, node] };
  const anchor = definition.nodes.find(({ id }) => id === (request.wire?.node ?? request.anchor));
  const edge = edgeToNew(together, catalog, node, anchor, request.wire);
  const size = nodeSize(portsOf(together, catalog, node));
  const before = edge !== null && parseEnd(edge.from).node === node.id;
  const wanted = request.at ?? placeBeside(drawn, anchor, before) ?? [
    request.middle[0] - size.width / 2,
    request.middle[1] - size.height / 2,
  ];
  const position = request.at ? snap(wanted) : freePlace(wanted, size, boxesOf(drawn), GRID * 2);
  const unplaced = definition.nodes.filter(({ id }) => !definition.layout[id] && layout[id]);
  const add = {
    kind: "add" as const,
    nodes: [{ node, position }],
    edges: edge ? [{ edge }] : [],
  };
  const kept = Object.fromEntries(unplaced.map(({ id }) => [id, layout[id] as Point]));
  return {
    act: {
      edit:
        unplaced.length > 0
          ? { kind: "batch", edits: [{ kind: "move", positions: kept }, add] }
          : add,
      label: `add ${node.id}`,
    },
    id: node.id,
    box: { x: position[0], y: position[1], ...size },
  };
}

function edgeToNew(
  definition: Definition,
  catalog: Catalog,
  node: NodeDef,
  anchor: NodeDef | undefined,
  wire: Terminal | null | undefined,
): EdgeDef | null {
  if (wire) return candidates(definition, catalog, wire, node)[0] ?? null;
  if (!anchor) return null;
  return bestEdge(definition, catalog, anchor, node) ?? bestEdge(definition, catalog, node, anchor);
}

function placeBeside({ layout }: Drawn, anchor: NodeDef | undefined, before: boolean): Point | null {
  const position = anchor && layout[anchor.id];
  if (!position) return null;
  const step = NODE_WIDTH + GAP;
  return [position[0] + (before ? -step : step), position[1]];
}

export interface Pasting {
  act: Act;
  selection: ReadonlySet<string>;
  notes: string[];
}

/** A fragment put in, its middle at `middle` where that is given, else a step beside itself. */
export function pasteAct(drawn: Drawn, fragment: Fragment, label: string, middle?: Point): Pasting {
  const complete = { ...fragment, layout: withPositions(drawn, fragment) };
  const { nodes, edges, layout, notes } = insertion(
    drawn.definition,
    drawn.catalog,
    complete,
    offsetOf(drawn, complete, middle),
  );
  return {
    act: {
      edit: {
        kind: "add",
        nodes: nodes.map((node) => ({ node, position: layout[node.id] })),
        edges: edges.map((edge) => ({ edge })),
      },
      label: `${label} ${count(nodes.length, "node")}`,
    },
    selection: new Set(nodes.map(({ id }) => id)),
    notes,
  };
}

function withPositions(drawn: Drawn, fragment: Fragment): Layout {
  let below = 0;
  return Object.fromEntries(
    fragment.nodes.map((node): [string, Point] => {
      const own = fragment.layout[node.id];
      if (own) return [node.id, own];
      below += nodeSize(portsOf(drawn.definition, drawn.catalog, node)).height + 2 * GRID;
      return [node.id, [0, below]];
    }),
  );
}

function offsetOf(drawn: Drawn, { layout }: Fragment, middle?: Point): Point {
  const points = Object.values(layout);
  const left = Math.min(...points.map(([x]) => x));
  const top = Math.min(...points.map(([, y]) => y));
  let [dx, dy]: Point = [2 * GRID, 2 * GRID];
  if (middle) {
    const right = Math.max(...points.map(([x]) => x)) + NODE_WIDTH;
    const bottom = Math.max(...points.map(([, y]) => y)) + NODE_WIDTH / 3;
    [dx, dy] = snap([middle[0] - (left + right) / 2, middle[1] - (top + bottom) / 2]);
  }
  const corners = new Set(boxesOf(drawn).map(({ x, y }) => `${x},${y}`));
  while (points.some(([x, y]) => corners.has(`${x + dx},${y + dy}`))) {
    dx += 2 * GRID;
    dy += 2 * GRID;
  }
  return [dx, dy];
}

/** The selected nodes with the edges between them, at their drawn places. */
export function copyOf({ definition, layout }: Drawn, { nodes }: Selection): Fragment {
  return fragmentOf({ ...definition, layout }, nodes);
}

/** Another version of what a node uses; `name` is without one: `core/sql`, `pipeline:score-model`. */
export function versionAct(node: string, name: string, version: number): Act {
  const [option, value] = Object.entries(usingRef(`${name}@${version}`))[0] as ["component" | "pipeline", string];
  return {
    edit: { kind: "setOption", node, option, value },
    label: `take version ${version} of ${shownName(name)}`,
  };
}

/**
 * Other cases of a branch that keeps them in `parameter`. A case under another name takes its edges
 * and the pipeline's outputs along.
 */
export function setCasesAct(
  definition: Definition,
  node: string,
  parameter: string,
  rows: readonly unknown[],
  renamed?: { from: string; to: string },
): Act {
  const edits: Edit[] = [
    { kind: "setParam", node, name: parameter, value: rows.length > 0 ? rows : undefined },
  ];
  if (renamed) {
    const from = formatEnd({ node, port: renamed.from });
    const to = formatEnd({ node, port: renamed.to });
    const moved = definition.edges.flatMap((edge, at) =>
      edge.from === from ? [{ edge: { ...edge, from: to }, at }] : [],
    );
    if (moved.length > 0) {
      const keys = moved.map(({ edge }) => edgeKey({ ...edge, from }));
      edits.push({ kind: "remove", nodes: [], edges: keys }, { kind: "add", nodes: [], edges: moved });
    }
    if (definition.outputs?.some((output) => output.from === from)) {
      const value = definition.outputs.map((one) => (one.from === from ? { ...one, from: to } : one));
      edits.push({ kind: "setField", field: "outputs", value });
    }
  }
  return {
    edit: edits.length === 1 ? (edits[0] as Edit) : { kind: "batch", edits },
    label: renamed ? `rename case ${renamed.from} of ${node}` : `change the cases of ${node}`,
    merge: renamed ? undefined : `param ${node} ${parameter}`,
  };
}

/**
 * A parameter under another name, in every expression that uses it and every node that gives it too.
 */
export function renameParameterAct(definition: Definition, catalog: Catalog, from: string, to: string): Act {
  const parameters = (definition.parameters ?? []).map((one) => (one.name === from ? { ...one, name: to } : one));
  const edits: Edit[] = [{ kind: "setParameters", parameters }];
  for (const node of definition.nodes) {
    const told = renameParameterMentions(node.params, from, to);
    const gives = told?.name === from && catalog.spec(refOf(node))?.kind === "parameter";
    const params = gives ? { ...told, name: to } : told;
    if (params !== node.params) edits.push({ kind: "setParams", node: node.id, params });
    const when = renameParameterMentions(node.when, from, to);
    if (when !== node.when) edits.push({ kind: "setOption", node: node.id, option: "when", value: when });
  }
  return { edit: { kind: "batch", edits }, label: `rename parameter ${from}` };
}
