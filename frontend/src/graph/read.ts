/**
 * Any stored draft as something that can be drawn.
 *
 * A draft may be any JSON object: half-written through the API, or from a newer version. Whatever
 * can be drawn is kept as it is, unknown keys included; what cannot is named, never dropped
 * silently.
 */
import { freeName, toIdentifier } from "./names";
import type { Definition, EdgeDef, Layout, NodeDef, OutputDef, Parameter, Point } from "./types";

export interface Reading {
  definition: Definition;
  /** One sentence for each thing that was repaired or left out. */
  notes: string[];
}

type Raw = Record<string, unknown>;

export function isObject(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function emptyDefinition(name: string): Definition {
  return { schema: 1, name, nodes: [], edges: [], layout: {} };
}

export function readDefinition(raw: unknown): Reading {
  const notes: string[] = [];
  if (!isObject(raw)) {
    return { definition: emptyDefinition("Untitled"), notes: ["The draft is not a JSON object."] };
  }
  const nodes = readNodes(raw.nodes, notes);
  const ids = new Set(nodes.map(({ id }) => id));
  const definition: Definition = {
    ...raw,
    schema: 1,
    name: typeof raw.name === "string" ? raw.name : "Untitled",
    nodes,
    edges: readEdges(raw.edges, notes),
    layout: readLayout(raw.layout, ids),
  };
  if (raw.outputs !== undefined) definition.outputs = readOutputs(raw.outputs, notes);
  if (raw.parameters !== undefined) definition.parameters = readParameters(raw.parameters, notes);
  return { definition, notes };
}

function list(value: unknown, what: string, notes: string[]): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  notes.push(`\`${what}\` is not a list and was left out.`);
  return [];
}

function readNodes(value: unknown, notes: string[]): NodeDef[] {
  const taken = new Set<string>();
  return list(value, "nodes", notes).flatMap((item, at) => {
    if (!isObject(item)) {
      notes.push(`Node ${at + 1} is not an object and was left out.`);
      return [];
    }
    const given = typeof item.id === "string" && item.id !== "" ? item.id : null;
    const id = given !== null && !taken.has(given) ? given : freeName(given ?? "node", taken);
    if (given === null) notes.push(`Node ${at + 1} had no id; it is now \`${id}\`.`);
    else if (id !== given) notes.push(`Two nodes were called \`${given}\`; one is now \`${id}\`.`);
    taken.add(id);
    const params = isObject(item.params) ? { params: item.params } : {};
    const { params: _unreadable, component, pipeline, ...rest } = item;
    const named = (value: unknown): value is string => typeof value === "string" && value !== "";
    const uses =
      named(pipeline) && !named(component) ? { pipeline } : { component: named(component) ? component : "" };
    return [{ ...rest, ...uses, ...params, id } as NodeDef];
  });
}

function readEdges(value: unknown, notes: string[]): EdgeDef[] {
  return list(value, "edges", notes).flatMap((item, at) => {
    if (isObject(item) && typeof item.from === "string" && typeof item.to === "string") {
      return [item as unknown as EdgeDef];
    }
    notes.push(`Edge ${at + 1} has no \`from\` and \`to\` and was left out.`);
    return [];
  });
}

function readParameters(value: unknown, notes: string[]): Parameter[] {
  return list(value, "parameters", notes).flatMap((item, at) => {
    if (isObject(item)) {
      const name = typeof item.name === "string" ? item.name : toIdentifier(`parameter_${at + 1}`);
      return [{ ...item, name } as Parameter];
    }
    notes.push(`Parameter ${at + 1} is not an object and was left out.`);
    return [];
  });
}

function readOutputs(value: unknown, notes: string[]): OutputDef[] {
  return list(value, "outputs", notes).flatMap((item, at) => {
    if (isObject(item) && typeof item.name === "string" && typeof item.from === "string") {
      return [item as unknown as OutputDef];
    }
    notes.push(`Output ${at + 1} has no \`name\` and \`from\` and was left out.`);
    return [];
  });
}

function readLayout(value: unknown, ids: ReadonlySet<string>): Layout {
  if (!isObject(value)) return {};
  const entries = Object.entries(value).filter(
    (entry): entry is [string, Point] => ids.has(entry[0]) && isPoint(entry[1]),
  );
  return Object.fromEntries(entries);
}

function isPoint(value: unknown): value is Point {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
