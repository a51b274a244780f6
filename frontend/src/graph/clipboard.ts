/**
 * Nodes as text: YAML on the clipboard, so that a piece of a pipeline can be pasted into another
 * one, an editor, or a chat, and back.
 */
import { Document, isCollection, isMap, parse } from "yaml";

import { refOf, shownName } from "./catalog";
import { checkConnection, terminals } from "./connect";
import { edgeKey, formatEnd, parseEnd } from "./ends";
import { expressionsOf, mentions, renameMentions } from "./mentions";
import { freeName } from "./names";
import { isObject, readDefinition } from "./read";
import type { Catalog, Definition, EdgeDef, Layout, NodeDef, Point } from "./types";

export interface Fragment {
  nodes: NodeDef[];
  edges: EdgeDef[];
  layout: Layout;
}

/** The nodes with the given ids, in document order, and the edges between them. */
export function fragmentOf(definition: Definition, ids: ReadonlySet<string>): Fragment {
  const inside = (end: string): boolean => ids.has(parseEnd(end).node);
  return {
    nodes: definition.nodes.filter(({ id }) => ids.has(id)),
    edges: definition.edges.filter(({ from, to }) => inside(from) && inside(to)),
    layout: Object.fromEntries(Object.entries(definition.layout).filter(([id]) => ids.has(id))),
  };
}

/** One line for each position; everything else as one would write it by hand. */
export function toYaml(fragment: Fragment): string {
  const document = new Document(fragment);
  const layout = document.get("layout");
  if (isMap(layout)) {
    for (const { value } of layout.items) if (isCollection(value)) value.flow = true;
  }
  return document.toString({ lineWidth: 0 });
}

export type Parsed = { fragment: Fragment; notes: string[] } | { error: string };

/** Nodes in pasted text: a fragment, or a whole definition, as YAML or JSON. */
export function fromYaml(text: string): Parsed {
  let raw: unknown;
  try {
    raw = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    const line = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { error: `The clipboard holds no nodes: ${line}` };
  }
  if (!isObject(raw) || !Array.isArray(raw.nodes) || raw.nodes.length === 0) {
    return { error: "The clipboard holds no nodes; copy some on a canvas first." };
  }
  const { definition, notes } = readDefinition(raw);
  const { nodes, edges, layout } = definition;
  return { fragment: { nodes, edges, layout }, notes };
}

export interface Insertion extends Fragment {
  /** What could not be taken over as it was, one sentence each. */
  notes: string[];
}

/**
 * A fragment made fit for `definition`: fresh ids where they are taken (in edges and expressions
 * too), positions shifted by `offset`. Edges that cannot stand there are left out and told.
 */
export function insertion(
  definition: Definition,
  catalog: Catalog,
  fragment: Fragment,
  offset: Point,
): Insertion {
  const notes: string[] = [];
  const renames = freshIds(definition, fragment);
  const rename = (id: string): string => renames.get(id) ?? id;
  const nodes = fragment.nodes.map((node) => renamed(node, renames));
  const layout = Object.fromEntries(
    Object.entries(fragment.layout).map(([id, [x, y]]): [string, Point] => [
      rename(id),
      [x + offset[0], y + offset[1]],
    ]),
  );
  const edges: EdgeDef[] = [];
  for (const edge of fragment.edges) {
    const moved = { ...edge, ...renameEnds(edge, rename) };
    const together = { ...definition, nodes: [...definition.nodes, ...nodes], edges };
    const known = nodes.every((node) => catalog.spec(refOf(node)));
    const { source, target } = terminals(moved);
    const verdict = known
      ? checkConnection(together, catalog, source, target)
      : endsExist(moved, nodes);
    if (verdict.ok) edges.push(moved);
    else notes.push(`The edge ${edgeKey(moved)} was left out: ${verdict.reason}`);
  }
  const strange = new Set(nodes.map(refOf).filter((ref) => !catalog.spec(ref)));
  for (const ref of strange) notes.push(`\`${shownName(ref) || "?"}\` is not in the catalog here.`);
  return { nodes, edges, layout, notes };
}

function freshIds(definition: Definition, fragment: Fragment): Map<string, string> {
  const taken = new Set(definition.nodes.map(({ id }) => id));
  for (const end of definition.edges.flatMap(({ from, to }) => [from, to])) {
    taken.add(parseEnd(end).node);
  }
  for (const node of definition.nodes) mentions(expressionsOf(node)).forEach((id) => taken.add(id));
  const renames = new Map<string, string>();
  for (const { id } of fragment.nodes) {
    const free = freeName(id, taken);
    taken.add(free);
    renames.set(id, free);
  }
  return renames;
}

function renamed(node: NodeDef, renames: ReadonlyMap<string, string>): NodeDef {
  // Two passes, so that swapping names (`a` to `b` while `b` becomes `c`) does not run together.
  const pairs = [...renames].filter(([from, to]) => from !== to);
  const marked = pairs.reduce((value, [from], at) => renameMentions(value, from, mark(at)), node);
  const done = pairs.reduce((value, [, to], at) => renameMentions(value, mark(at), to), marked);
  return { ...done, id: renames.get(node.id) ?? node.id };
}

const mark = (at: number): string => `__paste_${at}__`;

function renameEnds(edge: EdgeDef, rename: (id: string) => string): EdgeDef {
  const moved = (text: string): string => {
    const end = parseEnd(text);
    return formatEnd({ ...end, node: rename(end.node) });
  };
  return { from: moved(edge.from), to: moved(edge.to) };
}

function endsExist(
  edge: EdgeDef,
  nodes: readonly NodeDef[],
): { ok: true } | { ok: false; reason: string } {
  const missing = [edge.from, edge.to]
    .map((end) => parseEnd(end).node)
    .find((id) => !nodes.some((node) => node.id === id));
  return missing === undefined
    ? { ok: true }
    : { ok: false, reason: `\`${missing}\` was not copied.` };
}
