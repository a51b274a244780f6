/**
 * Searching a graph: words, and filters such as `is:invalid`, `kind:sql`, `uses:core/join`.
 *
 * Words match a node's title, id, component and the text of its parameters; all words and filters of
 * a query must hold, and one with a `-` in front must not.
 */
import { refOf } from "./catalog";
import { type Neighbours, predecessors } from "./cycles";
import { parseEnd } from "./ends";
import { portsOf } from "./interface";
import { expressionsOf, mentions, parameterMentions } from "./mentions";
import type { Catalog, Definition, NodeDef } from "./types";

/** What is known of nodes besides the document. */
export interface FindFacts {
  /** Ids of nodes that have problems, or at whose edges there are some. */
  invalid: ReadonlySet<string>;
  /** States of the run that is looked at, by node. */
  states: ReadonlyMap<string, { state: string }>;
}

export interface FilterHelp {
  filter: string;
  means: string;
}

/** The filters as the panel offers them. */
export const FILTERS: readonly FilterHelp[] = [
  { filter: "is:invalid", means: "has a problem" },
  { filter: "is:unused", means: "what it gives goes nowhere" },
  { filter: "is:failed", means: "failed in the run shown (also success, running, skipped …)" },
  { filter: "is:mapped", means: "runs once per item (also looped, conditional)" },
  { filter: "uses:", means: "a component, a pipeline, a parameter or another node" },
  { filter: "kind:", means: "python, shell, sql, http, container, pipeline …" },
];

export interface Query {
  terms: readonly Term[];
  /** A filter that there is none of, or one without its word: told instead of finding nothing. */
  trouble: string | null;
}

interface Term {
  filter: "is" | "uses" | "kind" | null;
  text: string;
  not: boolean;
}

export function parseQuery(text: string): Query {
  const terms: Term[] = [];
  let trouble: string | null = null;
  for (const [word] of text.toLowerCase().matchAll(/-?(?:[a-z]+:)?"[^"]*"?|\S+/g)) {
    const not = word.length > 1 && word.startsWith("-");
    const positive = not ? word.slice(1) : word;
    const [, filter, rest] = /^([a-z]+):(.*)$/.exec(positive) ?? [undefined, null, positive];
    const value = (rest ?? "").replaceAll('"', "");
    if (filter === null || filter === undefined) terms.push({ filter: null, text: value, not });
    else if (filter !== "is" && filter !== "uses" && filter !== "kind") {
      trouble ??= `There is no filter \`${filter}:\`; there are \`is:\`, \`uses:\` and \`kind:\`.`;
    } else if (filter === "is" && value && !(value in IS) && !STATES.has(value)) {
      trouble ??= `Nothing is \`is:${value}\`; try ${Object.keys(IS).join(", ")} or a state such as failed.`;
    } else if (value) terms.push({ filter, text: value, not });
  }
  return { terms, trouble };
}

const STATES: ReadonlySet<string> = new Set([
  ...["pending", "queued", "running", "waiting"],
  ...["success", "failed", "skipped", "cancelled"],
]);

interface Asked {
  node: NodeDef;
  definition: Definition;
  catalog: Catalog;
  facts: FindFacts;
  used: ReadonlySet<string>;
  givers: Neighbours;
}

const IS: Record<string, (asked: Asked) => boolean> = {
  invalid: ({ node, catalog, facts }) => facts.invalid.has(node.id) || !catalog.spec(refOf(node)),
  unused: ({ node, definition, catalog, used }) =>
    !used.has(node.id) && (portsOf(definition, catalog, node)?.outputs.length ?? 0) > 0,
  mapped: ({ node }) => Boolean(node.map),
  looped: ({ node }) => Boolean(node.loop),
  conditional: ({ node }) => Boolean(node.when) || (node.run_if !== undefined && node.run_if !== "all_success"),
};

/** Ids of the nodes that answer to the query, in the order of the document. */
export function find(definition: Definition, catalog: Catalog, query: Query, facts: FindFacts): string[] {
  if (query.terms.length === 0) return [];
  const used = usedNodes(definition);
  const givers = predecessors(definition.edges);
  return definition.nodes
    .filter((node) => {
      const asked = { node, definition, catalog, facts, used, givers };
      return query.terms.every((term) => answers(asked, term) !== term.not);
    })
    .map(({ id }) => id);
}

function answers(asked: Asked, { filter, text }: Term): boolean {
  const { node, catalog, givers } = asked;
  const ref = refOf(node).toLowerCase();
  const spec = catalog.spec(refOf(node));
  if (filter === "is") return IS[text]?.(asked) ?? asked.facts.states.get(node.id)?.state === text;
  if (filter === "kind") return (node.pipeline ? "pipeline" : (spec?.kind ?? "")).toLowerCase().startsWith(text);
  if (filter === "uses") {
    const said = expressionsOf(node);
    const names = [...(givers.get(node.id) ?? []), ...mentions(said), ...parameterMentions(said)];
    const name = text.replace(/^params\./, "");
    return ref.includes(text) || names.some((one) => one.toLowerCase() === name);
  }
  const words = [node.id, node.title, ref, spec?.title, JSON.stringify(node.params ?? ""), node.when];
  return words.some((word) => word?.toLowerCase().includes(text));
}

/** The nodes whose outputs somebody takes: an edge, an output of the pipeline, an expression. */
function usedNodes({ nodes, edges, outputs }: Definition): Set<string> {
  const used = new Set(edges.map(({ from }) => parseEnd(from).node));
  for (const { from } of outputs ?? []) used.add(parseEnd(from).node);
  for (const node of nodes) for (const id of mentions(expressionsOf(node))) used.add(id);
  return used;
}
