/** What an expression on a node may look at. */
import { refOf } from "@/graph/catalog";
import { predecessors, reachable } from "@/graph/cycles";
import { BRANCHES, portsOf } from "@/graph/interface";
import type { Catalog, Definition, NodeDef } from "@/graph/types";
import type { Suggestion } from "@/ui";

/** Where on a node an expression stands; what it may look at depends on it. */
export type Place = "params" | "when" | "until";

/** Parameters of the pipeline, outputs of nodes upstream, facts of the run, and what holds here alone. */
export function scopeOf(definition: Definition, catalog: Catalog, id: string, place: Place): Suggestion[] {
  const node = definition.nodes.find((one) => one.id === id);
  if (place === "until") return node ? roundScope(node, catalog) : [];
  const above = reachable(id, predecessors(definition.edges));
  // What runs on exit runs when all else is over, and may look at everything.
  const seen = (other: NodeDef): boolean => above.has(other.id) || (node?.on_exit === true && !other.on_exit);
  const outputs = definition.nodes
    .filter((other) => other.id !== id && seen(other))
    .flatMap((other) => [
      ...(portsOf(definition, catalog, other)?.outputs ?? []).map(({ name, type }) => ({
        value: `nodes.${other.id}.outputs.${name}`,
        detail: type,
      })),
      ...(node?.on_exit ? [{ value: `nodes.${other.id}.state`, detail: "how it ended" }] : []),
    ]);
  const parameters = (definition.parameters ?? []).map(({ name, type = "string", title }) => ({
    value: `params.${name}`,
    detail: title || type,
  }));
  return [
    ...(node && place === "params" ? placeScope(definition, catalog, node) : []),
    ...parameters,
    ...outputs,
    { value: "run.id", detail: "of this run" },
    { value: "run.number", detail: "of this run" },
    ...(node?.on_exit
      ? [
          { value: "run.state", detail: "how the run ended" },
          { value: "run.reason", detail: "why it ended so" },
        ]
      : []),
  ];
}

/** What came into a branch; the element that a mapped node runs for. */
function placeScope(definition: Definition, catalog: Catalog, node: NodeDef): Suggestion[] {
  const found: Suggestion[] = [];
  if (node.map) {
    found.push({ value: "each.value", detail: "the element" }, { value: "each.index", detail: "its place, from 0" });
  }
  if (BRANCHES.has(catalog.spec(refOf(node))?.kind ?? "")) {
    const inputs = portsOf(definition, catalog, node)?.inputs ?? [];
    found.push(...inputs.map(({ name }) => ({ value: `inputs.${name}`, detail: "what comes in" })));
  }
  return found;
}

/** What a round of a loop gave. */
function roundScope(node: NodeDef, catalog: Catalog): Suggestion[] {
  const outputs = catalog.spec(refOf(node))?.outputs ?? [];
  return [
    ...outputs.map(({ name, type }) => ({ value: `outputs.${name}`, detail: type })),
    { value: "round.number", detail: "1, 2, 3 …" },
  ];
}
