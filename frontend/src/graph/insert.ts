/** A node put into an edge: what was joined by one edge is joined through it by two. */
import { candidates } from "./autoconnect";
import { terminals } from "./connect";
import { edgeKey, parseEnd } from "./ends";
import type { Catalog, ComponentSpec, Definition, EdgeDef, InputPort, NodeDef, OutputPort } from "./types";

/** The edges that take the place of `edge`, into the node and out of it. */
export interface Splice {
  edge: EdgeDef;
  into: EdgeDef;
  outOf: EdgeDef;
}

/** Null where the node does not fit: nothing of it takes what flows there, or gives what is wanted. */
export function splice(definition: Definition, catalog: Catalog, edge: EdgeDef, node: NodeDef): Splice | null {
  const { source, target } = terminals(edge);
  if (source.node === node.id || target.node === node.id) return null;
  const key = edgeKey(edge);
  const known = definition.nodes.some(({ id }) => id === node.id);
  const open: Definition = {
    ...definition,
    nodes: known ? definition.nodes : [...definition.nodes, node],
    edges: definition.edges.filter((other) => edgeKey(other) !== key),
  };
  const [into] = candidates(open, catalog, source, node);
  if (!into) return null;
  const half = { ...open, edges: [...open.edges, into] };
  const [outOf] = candidates(half, catalog, target, node);
  return outOf ? { edge, into, outOf } : null;
}

/**
 * How well a component would sit in an edge; 0 when not at all. What takes and gives just what flows
 * there comes before what also gives other things, and both before what takes anything.
 */
export function suitsEdge(definition: Definition, catalog: Catalog, edge: EdgeDef, spec: ComponentSpec): number {
  const probe: NodeDef = { id: "penstock-probe", component: "penstock/probe" };
  const withProbe: Catalog = {
    spec: (ref) => (ref === probe.component ? spec : catalog.spec(ref)),
  };
  const found = splice(definition, withProbe, edge, probe);
  if (!found) return 0;
  const typed = (port: InputPort | OutputPort | undefined): boolean => port !== undefined && port.type !== "any";
  const input = spec.inputs.find(({ name }) => name === parseEnd(found.into.to).port);
  const output = spec.outputs.find(({ name }) => name === parseEnd(found.outOf.from).port);
  return 1 + Number(typed(input)) + Number(typed(output)) + Number(spec.outputs.length === 1);
}
