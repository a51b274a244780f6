/** The edge a person most likely wants between two nodes, or from an open wire to a new node. */
import { connectionGuide, type RefusalCode, type Terminal, type Verdict } from "./connect";
import { labelsOf } from "./labels";
import { feeds, interfaceOf, isMapped, type NodeInterface, portsOf } from "./interface";
import { compatible } from "./ports";
import type { Catalog, ComponentSpec, Definition, EdgeDef, InputPort, NodeDef, OutputPort } from "./types";

/** All ends of a node that the wire `start` could go to, best fit first. */
export function candidates(
  definition: Definition,
  catalog: Catalog,
  start: Terminal,
  node: NodeDef,
): EdgeDef[] {
  const ports = portsOf(definition, catalog, node);
  if (!ports) return [];
  const guide = connectionGuide(definition, catalog, start);
  const side = opposite(start);
  const edgesTo = (names: readonly (string | null)[]): EdgeDef[] =>
    names.flatMap((port) => {
      const verdict = guide({ node: node.id, port, side });
      return verdict.ok ? [verdict.edge] : [];
    });
  const data = (): EdgeDef[] =>
    edgesTo(fittingPorts(definition, catalog, start, ports, node).map(({ name }) => name));
  if (start.port === null) {
    const cases = side === "out" && ports.cases.length > 0 ? ports.cases : [null];
    return edgesTo(cases);
  }
  if (side === "out" || !caseAt(definition, catalog, start)) return data();
  const order = edgesTo([null]);
  return getsSomething(definition, start.node) ? [...data(), ...order] : [...order, ...data()];
}

/** What dropping the wire `start` anywhere on a node does: the best edge, or why there is none. */
export function dropOnNode(
  definition: Definition,
  catalog: Catalog,
  start: Terminal,
  node: NodeDef,
): Verdict {
  const guide = connectionGuide(definition, catalog, start);
  const side = opposite(start);
  const [edge] = candidates(definition, catalog, start, node);
  if (edge) return { ok: true, edge };
  if (start.port === null) return guide({ node: node.id, port: null, side });
  const own = portsOf(definition, catalog, node);
  const ports = (side === "in" ? own?.inputs : own?.outputs) ?? [];
  const verdicts = ports.map((port) => guide({ node: node.id, port: port.name, side }));
  const refusals = verdicts.filter((verdict) => !verdict.ok);
  const first = TELLING.flatMap((code) => refusals.filter((one) => one.code === code))[0];
  return (
    first ??
    refusals[0] ?? {
      ok: false,
      code: "unknown_port",
      reason: `${labelsOf(definition)(node.id)} has no ${side === "in" ? "inputs" : "outputs"}.`,
    }
  );
}

/** Of several refusals the one that tells most: what is nearly right comes before what never is. */
const TELLING: readonly RefusalCode[] = ["exit_edge", "self_edge", "cycle", "port_taken", "duplicate_edge"];

/**
 * The edge that joins `target` to `source` best, by type; null when nothing fits.
 *
 * From a branch the first case goes that leads nowhere yet, also to a node that takes no data.
 */
export function bestEdge(
  definition: Definition,
  catalog: Catalog,
  source: NodeDef,
  target: NodeDef,
): EdgeDef | null {
  const giver = portsOf(definition, catalog, source);
  if (!giver) return null;
  const fresh = (name: string): boolean => !definition.edges.some(({ from }) => from === `${source.id}.${name}`);
  const cases = [...giver.cases].sort((a, b) => Number(fresh(b)) - Number(fresh(a)));
  for (const port of cases) {
    const [edge] = candidates(definition, catalog, { node: source.id, port, side: "out" }, target);
    if (edge) return edge;
  }
  const inputs = portsOf(definition, catalog, target)?.inputs ?? [];
  const ranked = giver.outputs.flatMap((output) => {
    const start: Terminal = { node: source.id, port: output.name, side: "out" };
    const edge = candidates(definition, catalog, start, target)[0];
    if (!edge) return [];
    const port = edge.to.slice(target.id.length + 1);
    const input = inputs.find(({ name }) => name === port);
    return [{ edge, score: input ? rank(giver, output, input, isMapped(target, port)) : 0 }];
  });
  ranked.sort((a, b) => b.score - a.score);
  return ranked[0]?.edge ?? null;
}

/** How well a component could take (or feed) the open wire; 0 when not at all. */
export function suits(
  definition: Definition,
  catalog: Catalog,
  start: Terminal,
  spec: ComponentSpec,
): number {
  if (start.port === null) return 1;
  const node: NodeDef = { id: "", component: "" };
  const ports = interfaceOf(node, spec, definition.parameters);
  const least = caseAt(definition, catalog, start) ? 0.5 : 0;
  return fittingPorts(definition, catalog, start, ports, node)[0]?.score ?? least;
}

const opposite = (start: Terminal): "in" | "out" => (start.side === "out" ? "in" : "out");

function nodeAt(definition: Definition, { node }: Terminal): NodeDef | undefined {
  return definition.nodes.find(({ id }) => id === node);
}

/** Whether a wire begins at a case of a branch: it may then also say order alone. */
function caseAt(definition: Definition, catalog: Catalog, start: Terminal): boolean {
  if (start.side !== "out" || start.port === null) return false;
  const node = nodeAt(definition, start);
  return Boolean(node && portsOf(definition, catalog, node)?.cases.includes(start.port));
}

/** A branch that nothing comes into has nothing to hand on. */
function getsSomething({ edges }: Definition, node: string): boolean {
  return edges.some(({ to }) => to.startsWith(`${node}.`));
}

interface Fitting {
  name: string;
  score: number;
}

/** The ports of a node that the wire fits, best first. */
function fittingPorts(
  definition: Definition,
  catalog: Catalog,
  start: Terminal,
  ports: NodeInterface,
  node: NodeDef,
): Fitting[] {
  const from = nodeAt(definition, start);
  const own = from && portsOf(definition, catalog, from);
  if (!from || !own) return [];
  const output = own.outputs.find(({ name }) => name === start.port);
  const input = own.inputs.find(({ name }) => name === start.port);
  const scored =
    start.side === "out"
      ? ports.inputs.map((to) => ({
          name: to.name,
          score: output ? rank(own, output, to, isMapped(node, to.name)) : 0,
        }))
      : ports.outputs.map((one) => ({
          name: one.name,
          score: input ? rank(ports, one, { ...input, required: true }, isMapped(from, start.port)) : 0,
        }));
  return scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
}

/** The same type before a conversion before `any`; required inputs before optional ones. */
function rank(giver: NodeInterface, source: OutputPort, target: InputPort, mapped: boolean): number {
  if (!feeds(giver, source, target, mapped)) return 0;
  const alike = source.type === target.type || !compatible(source.type, target.type);
  const loose = !alike && (source.type === "any" || target.type === "any");
  return (loose ? 1 : alike ? 4 : 2) + (target.required ? 0.5 : 0);
}
