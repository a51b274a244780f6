/** Expressions that name a node: `nodes.load.outputs.table`, `nodes['load'].state`. */
import type { NodeDef } from "./types";

const PARAMETER = /\bparams\s*(?:\.\s*([A-Za-z_][A-Za-z0-9_]*)|\[\s*(['"])([A-Za-z_][A-Za-z0-9_]*)\2\s*\])/g;

const MENTION = /\bnodes\s*(?:\.\s*([A-Za-z_][A-Za-z0-9_]*)|\[\s*(['"])([A-Za-z_][A-Za-z0-9_]*)\2\s*\])/g;

/** Ids of all nodes that a value mentions, at any depth. */
export function mentions(value: unknown): Set<string> {
  return matchesIn(value, MENTION);
}

/** Names of all parameters of the pipeline that a value mentions, at any depth. */
export function parameterMentions(value: unknown): Set<string> {
  return matchesIn(value, PARAMETER);
}

function matchesIn(value: unknown, pattern: RegExp): Set<string> {
  const found = new Set<string>();
  visit(value, (text) => {
    for (const match of text.matchAll(pattern)) found.add((match[1] ?? match[3]) as string);
  });
  return found;
}

function visit(value: unknown, seeText: (text: string) => void): void {
  if (typeof value === "string") seeText(value);
  else if (Array.isArray(value)) value.forEach((item) => visit(item, seeText));
  else if (value !== null && typeof value === "object") {
    Object.values(value).forEach((item) => visit(item, seeText));
  }
}

/** The same value with every mention of the node `from` now saying `to`; identical without one. */
export function renameMentions<T>(value: T, from: string, to: string): T {
  return renameMatches(value, MENTION, from, to);
}

/** The same for a parameter: `params.rate`, `params['rate']`. */
export function renameParameterMentions<T>(value: T, from: string, to: string): T {
  return renameMatches(value, PARAMETER, from, to);
}

function renameMatches<T>(value: T, pattern: RegExp, from: string, to: string): T {
  return rewrite(value, (text) =>
    text.replace(pattern, (whole, dotted?: string, _quote?: string, quoted?: string) => {
      const id = dotted ?? quoted;
      return id === from ? replaceLast(whole, from, to) : whole;
    }),
  ) as T;
}

function replaceLast(text: string, from: string, to: string): string {
  const at = text.lastIndexOf(from);
  return text.slice(0, at) + to + text.slice(at + from.length);
}

function rewrite(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => rewrite(item, change));
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).map(([key, item]) => [key, rewrite(item, change)] as const);
    const source = value as Record<string, unknown>;
    return entries.some(([key, item]) => item !== source[key]) ? Object.fromEntries(entries) : value;
  }
  return value;
}

/** The parts of a node in which expressions may stand. */
export function expressionsOf(node: NodeDef): unknown {
  return [node.params, node.when];
}
