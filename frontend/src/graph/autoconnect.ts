/** The edge a person most likely wants between two nodes, or from an open wire to a new node. */
import { connectionGuide, type RefusalCode, type Terminal, type Verdict } from "./connect";
import { labelsOf } from "./labels";
import { fit } from "./ports";
import type { Catalog, ComponentSpec, Definition, EdgeDef, NodeDef, PortType } from "./types";

/** All ends of a node that the wire `start` could go to, best fit first. */
export function candidates(
  definition: Definition,
  catalog: Catalog,
  start: Terminal,
  node: NodeDef,
): EdgeDef[] {
  const spec = catalog.spec(node.component);
  if (!spec) return [];
  if (start.port === null) {
    const verdict = connectionGuide(definition, catalog, start)({
      node: node.id,
      port: null,
      side: opposite(start),
    });
    return verdict.ok ? [verdict.edge] : [];
  }
  const type = typeAt(definition, catalog, start);
  const guide = connectionGuide(definition, catalog, start);
  return fittingPorts(spec, start, type).flatMap(({ name }) => {
    const verdict = guide({ node: node.id, port: name, side: opposite(start) });
    return verdict.ok ? [verdict.edge] : [];
  });
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
  if (start.port === null) return guide({ node: node.id, port: null, side });
  const [edge] = candidates(definition, catalog, start, node);
  if (edge) return { ok: true, edge };
  const spec = catalog.spec(node.component);
  const ports = (side === "in" ? spec?.inputs : spec?.outputs) ?? [];
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
const TELLING: readonly RefusalCode[] = ["self_edge", "cycle", "port_taken", "duplicate_edge"];

/** The best data edge from `source` to `target`, by type; null when no free ports fit. */
export function bestEdge(
  definition: Definition,
  catalog: Catalog,
  source: NodeDef,
  target: NodeDef,
): EdgeDef | null {
  const outputs = catalog.spec(source.component)?.outputs ?? [];
  const ranked = outputs.flatMap((output) => {
    const start: Terminal = { node: source.id, port: output.name, side: "out" };
    const edge = candidates(definition, catalog, start, target)[0];
    if (!edge) return [];
    const port = edge.to.slice(target.id.length + 1);
    const input = catalog.spec(target.component)?.inputs.find(({ name }) => name === port);
    return [{ edge, score: input ? rank(output.type, input.type, input.required) : 0 }];
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
  return fittingPorts(spec, start, typeAt(definition, catalog, start))[0]?.score ?? 0;
}

const opposite = (start: Terminal): "in" | "out" => (start.side === "out" ? "in" : "out");

function typeAt(definition: Definition, catalog: Catalog, end: Terminal): PortType {
  const node = definition.nodes.find(({ id }) => id === end.node);
  const spec = node && catalog.spec(node.component);
  const ports = end.side === "out" ? spec?.outputs : spec?.inputs;
  return ports?.find(({ name }) => name === end.port)?.type ?? "any";
}

interface Fitting {
  name: string;
  score: number;
}

function fittingPorts(spec: ComponentSpec, start: Terminal, type: PortType): Fitting[] {
  const scored =
    start.side === "out"
      ? spec.inputs.map(({ name, type: to, required }) => ({ name, score: rank(type, to, required) }))
      : spec.outputs.map(({ name, type: from }) => ({ name, score: rank(from, type, true) }));
  return scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
}

/** The same type before a conversion before `any`; required inputs before optional ones. */
function rank(source: PortType, target: PortType, required: boolean): number {
  const match = fit(source, target);
  if (match === 0) return 0;
  const loose = source !== target && (source === "any" || target === "any");
  return (loose ? 1 : match * 2) + (required ? 0.5 : 0);
}
