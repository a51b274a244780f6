/** What an edit does, and the edit that takes it back. */
import { edgeKey, formatEnd, parseEnd } from "@/graph/ends";
import { mentions, expressionsOf, renameMentions } from "@/graph/mentions";
import { IDENTIFIER_HELP, isIdentifier } from "@/graph/names";
import type { Definition, EdgeDef, NodeDef, Point } from "@/graph/types";

import { type Edit, EditRefused, type PlacedEdge, type PlacedNode } from "./edits";

export interface Applied {
  definition: Definition;
  inverse: Edit;
}

/** Raises EditRefused, with nothing changed, where the edit does not fit. */
export function apply(definition: Definition, edit: Edit): Applied {
  switch (edit.kind) {
    case "add":
      return add(definition, edit.nodes, edit.edges);
    case "remove":
      return remove(definition, new Set(edit.nodes), new Set(edit.edges));
    case "move":
      return move(definition, edit.positions);
    case "rename":
      return rename(definition, edit.from, edit.to);
    case "setParam":
      return setParam(definition, edit.node, edit.name, edit.value);
    case "setParams":
      return {
        definition: withNode(definition, edit.node, (node) => put(node, "params", edit.params)),
        inverse: { ...edit, params: nodeOf(definition, edit.node).params },
      };
    case "setOption": {
      const before = nodeOf(definition, edit.node)[edit.option];
      return {
        definition: withNode(definition, edit.node, (node) => put(node, edit.option, edit.value)),
        inverse: { ...edit, value: before },
      };
    }
    case "setParameters":
      return {
        definition: put(definition, "parameters", edit.parameters),
        inverse: { kind: "setParameters", parameters: definition.parameters },
      };
    case "setField":
      return {
        definition: put(definition, edit.field, edit.value),
        inverse: { ...edit, value: definition[edit.field] },
      };
    case "replace":
      return { definition: edit.definition, inverse: { kind: "replace", definition } };
    case "batch":
      return batch(definition, edit.edits);
  }
}

function batch(definition: Definition, edits: readonly Edit[]): Applied {
  const inverses: Edit[] = [];
  let current = definition;
  for (const edit of edits) {
    const applied = apply(current, edit);
    current = applied.definition;
    inverses.unshift(applied.inverse);
  }
  return { definition: current, inverse: { kind: "batch", edits: inverses } };
}

function add(definition: Definition, nodes: PlacedNode[], edges: PlacedEdge[]): Applied {
  const ids = new Set(definition.nodes.map(({ id }) => id));
  const layout = { ...definition.layout };
  for (const { node, position } of nodes) {
    if (ids.has(node.id)) throw new EditRefused(`There is a node \`${node.id}\` already.`);
    ids.add(node.id);
    if (position) layout[node.id] = position;
  }
  const present = new Set(definition.edges.map(edgeKey));
  for (const { edge } of edges) {
    const key = edgeKey(edge);
    if (present.has(key)) throw new EditRefused(`The edge \`${key}\` is there already.`);
  }
  return {
    definition: {
      ...definition,
      nodes: insert(definition.nodes, nodes.map(({ node, at }) => ({ item: node, at }))),
      edges: insert(definition.edges, edges.map(({ edge, at }) => ({ item: edge, at }))),
      layout,
    },
    inverse: {
      kind: "remove",
      nodes: nodes.map(({ node }) => node.id),
      edges: [...new Set(edges.map(({ edge }) => edgeKey(edge)))],
    },
  };
}

/** Items with a place go there, in ascending order; the others to the end. */
function insert<T>(list: readonly T[], items: readonly { item: T; at?: number }[]): T[] {
  const placed = items.filter(({ at }) => at !== undefined);
  placed.sort((a, b) => (a.at as number) - (b.at as number));
  const result: T[] = [];
  let from = 0;
  for (const { item, at } of placed) {
    const wanted = from + (at as number) - result.length;
    const until = Math.min(Math.max(from, wanted), list.length);
    result.push(...list.slice(from, until), item);
    from = until;
  }
  result.push(...list.slice(from));
  return [...result, ...items.filter(({ at }) => at === undefined).map(({ item }) => item)];
}

function remove(
  definition: Definition,
  ids: ReadonlySet<string>,
  keys: ReadonlySet<string>,
): Applied {
  const layout = { ...definition.layout };
  const nodes: PlacedNode[] = [];
  const edges: PlacedEdge[] = [];
  definition.nodes.forEach((node, at) => {
    if (!ids.has(node.id)) return;
    const position = layout[node.id];
    nodes.push(position ? { node, at, position } : { node, at });
    delete layout[node.id];
  });
  definition.edges.forEach((edge, at) => {
    if (keys.has(edgeKey(edge))) edges.push({ edge, at });
  });
  const gone = new Set<EdgeDef>(edges.map(({ edge }) => edge));
  return {
    definition: {
      ...definition,
      nodes: definition.nodes.filter(({ id }) => !ids.has(id)),
      edges: definition.edges.filter((edge) => !gone.has(edge)),
      layout,
    },
    inverse: { kind: "add", nodes, edges },
  };
}

function move(definition: Definition, positions: Record<string, Point | null>): Applied {
  const layout = { ...definition.layout };
  const before: Record<string, Point | null> = {};
  const ids = new Set(definition.nodes.map(({ id }) => id));
  for (const [id, position] of Object.entries(positions)) {
    if (!ids.has(id)) throw new EditRefused(`There is no node \`${id}\` to move.`);
    before[id] = layout[id] ?? null;
    if (position) layout[id] = position;
    else delete layout[id];
  }
  return { definition: { ...definition, layout }, inverse: { kind: "move", positions: before } };
}

function rename(definition: Definition, from: string, to: string): Applied {
  nodeOf(definition, from);
  if (!isIdentifier(to)) throw new EditRefused(`\`${to}\` is not a name. ${IDENTIFIER_HELP}`);
  if (idsInUse(definition).has(to)) {
    throw new EditRefused(`\`${to}\` is in use already, by a node, an edge or an expression.`);
  }
  const end = (text: string): string => {
    const parsed = parseEnd(text);
    return parsed.node === from ? formatEnd({ ...parsed, node: to }) : text;
  };
  const layout = { ...definition.layout };
  if (layout[from]) {
    layout[to] = layout[from];
    delete layout[from];
  }
  return {
    definition: {
      ...definition,
      nodes: definition.nodes.map((node) => {
        const told = renameExpressions(node, from, to);
        return node.id === from ? { ...told, id: to } : told;
      }),
      edges: definition.edges.map((edge) =>
        parseEnd(edge.from).node === from || parseEnd(edge.to).node === from
          ? { ...edge, from: end(edge.from), to: end(edge.to) }
          : edge,
      ),
      ...(definition.outputs && {
        outputs: definition.outputs.map((output) => ({ ...output, from: end(output.from) })),
      }),
      layout,
    },
    inverse: { kind: "rename", from: to, to: from },
  };
}

/** Renaming onto a name that something mentions would join two things that undo cannot part. */
function idsInUse(definition: Definition): Set<string> {
  const used = new Set(definition.nodes.map(({ id }) => id));
  for (const { from, to } of definition.edges) used.add(parseEnd(from).node).add(parseEnd(to).node);
  for (const { from } of definition.outputs ?? []) used.add(parseEnd(from).node);
  for (const node of definition.nodes) mentions(expressionsOf(node)).forEach((id) => used.add(id));
  return used;
}

function renameExpressions(node: NodeDef, from: string, to: string): NodeDef {
  const params = renameMentions(node.params, from, to);
  const when = renameMentions(node.when, from, to);
  return params === node.params && when === node.when
    ? node
    : { ...node, ...(params && { params }), ...(when !== undefined && { when }) };
}

function setParam(definition: Definition, id: string, name: string, value: unknown): Applied {
  const before = nodeOf(definition, id).params;
  return {
    definition: withNode(definition, id, (node) => {
      const params = put(before ?? {}, name, value);
      return put(node, "params", Object.keys(params).length > 0 ? params : undefined);
    }),
    inverse: { kind: "setParams", node: id, params: before },
  };
}

function nodeOf(definition: Definition, id: string): NodeDef {
  const node = definition.nodes.find((candidate) => candidate.id === id);
  if (!node) throw new EditRefused(`There is no node \`${id}\`.`);
  return node;
}

function withNode(
  definition: Definition,
  id: string,
  change: (node: NodeDef) => NodeDef,
): Definition {
  return {
    ...definition,
    nodes: definition.nodes.map((node) => (node.id === id ? change(node) : node)),
  };
}

/** The object with one key set, or without it when the value is undefined. */
function put<T extends object>(object: T, key: string, value: unknown): T {
  if (value !== undefined) return { ...object, [key]: value };
  const { [key]: _gone, ...rest } = object as Record<string, unknown>;
  return rest as T;
}
