/**
 * What a node looks like from outside: the ports of what it uses, as it uses them.
 *
 * The same rules as `pipelines/core/interface.py`; the cases in `tests/shared/interfaces.json` hold
 * the two together. A branch has a port for each of its cases, a parameter node gives what its
 * parameter holds, and a mapped node takes one list and gives lists.
 */
import { refOf } from "./catalog";
import { isIdentifier } from "./names";
import { compatible } from "./ports";
import { isObject } from "./read";
import type { Catalog, ComponentSpec, Definition, InputPort, NodeDef, OutputPort, Parameter } from "./types";

export interface NodeInterface {
  inputs: readonly InputPort[];
  outputs: readonly OutputPort[];
  /** The names of its outgoing branches, if it is one. */
  cases: readonly string[];
  /** What a mapped node's items give, of which its outputs are lists. */
  each: readonly OutputPort[];
}

/** Kinds with cases: outgoing ports of which only some are taken. */
export const BRANCHES: ReadonlySet<string> = new Set(["branch", "approval"]);
/** Kinds that the engine itself carries out, once for the whole run. */
export const ENGINE_KINDS: ReadonlySet<string> = new Set([...BRANCHES, "parameter", "wait"]);
export const OTHERWISE = "otherwise";

const CASE_HELP = "What came in, when this branch is taken.";
const NONE: readonly never[] = [];

/** Most nodes look just like what they use; these objects are then the same for all of them. */
const plain = new WeakMap<ComponentSpec, NodeInterface>();
const own = new WeakMap<NodeDef, { spec: ComponentSpec; type: Parameter["type"]; made: NodeInterface }>();

/** The ports of `node`, which uses `spec`; the same object as long as nothing about them changes. */
export function interfaceOf(
  node: NodeDef,
  spec: ComponentSpec,
  parameters: readonly Parameter[] | undefined,
): NodeInterface {
  const special = node.map || spec.kind === "parameter" || BRANCHES.has(spec.kind);
  if (!special) {
    const known = plain.get(spec);
    if (known) return known;
    const { inputs, outputs } = spec;
    const made = { inputs, outputs, cases: NONE, each: NONE };
    plain.set(spec, made);
    return made;
  }
  const type = spec.kind === "parameter" ? typeOfParameter(node, parameters) : undefined;
  const known = own.get(node);
  if (known && known.spec === spec && known.type === type) return known.made;
  const made = make(node, spec, type);
  own.set(node, { spec, type, made });
  return made;
}

/** A parameter without a type is a string; one that is not there might hold anything. */
function typeOfParameter(node: NodeDef, parameters: readonly Parameter[] | undefined): Parameter["type"] {
  const given = parameters?.find(({ name }) => name === node.params?.name);
  return given ? (given.type ?? "string") : "any";
}

function make(node: NodeDef, spec: ComponentSpec, type: Parameter["type"]): NodeInterface {
  const cases = casesOf(spec, node.params ?? {});
  const taken = new Set(spec.outputs.map(({ name }) => name));
  let inputs: readonly InputPort[] = spec.inputs;
  let outputs: readonly OutputPort[] = [
    ...cases
      .filter((name) => !taken.has(name))
      .map((name): OutputPort => ({ name, type: "any", help: CASE_HELP })),
    ...spec.outputs,
  ];
  if (type !== undefined) outputs = outputs.map((port) => ({ ...port, type }));
  let each: readonly OutputPort[] = NONE;
  if (node.map) {
    const { over } = node.map;
    each = outputs;
    inputs = inputs.map((port) => (port.name === over ? { ...port, type: "list", multiple: false } : port));
    outputs = outputs.map((port) => ({ ...port, type: "list" }));
  }
  return { inputs, outputs, cases, each };
}

/** The names of the branches that leave a node, in their order; names that no port can have are left out. */
export function casesOf(spec: ComponentSpec, params: Readonly<Record<string, unknown>>): string[] {
  if (!BRANCHES.has(spec.kind)) return [];
  const { cases: fixed, cases_parameter: parameter } = spec.implementation;
  if (Array.isArray(fixed)) return fixed.map(String);
  const given = typeof parameter === "string" ? params[parameter] : undefined;
  const names = (Array.isArray(given) ? given : []).flatMap((row: unknown) =>
    isObject(row) && row.name ? [String(row.name)] : [],
  );
  const proper = names.filter((name) => isIdentifier(name) && name !== OTHERWISE);
  return [...new Set(proper), OTHERWISE];
}

/** The ports of a node of this definition; undefined where what it uses is unknown. */
export function portsOf(definition: Definition, catalog: Catalog, node: NodeDef): NodeInterface | undefined {
  const spec = catalog.spec(refOf(node));
  return spec && interfaceOf(node, spec, definition.parameters);
}

/** Whether the output `source` may go into `wanted`; a `mapped` port takes a list of anything. */
export function feeds(giver: NodeInterface, source: OutputPort, wanted: InputPort, mapped: boolean): boolean {
  if (mapped) return source.type === "list" || source.type === "json" || source.type === "any";
  const one = giver.each.find(({ name }) => name === source.name);
  if (wanted.multiple && one && compatible(one.type, wanted.type)) return true;
  return compatible(source.type, wanted.type);
}

/** Whether `port` of `node` takes the list that the node maps over. */
export function isMapped(node: NodeDef | undefined, port: string | null): boolean {
  return Boolean(node?.map) && node?.map?.over === port;
}
