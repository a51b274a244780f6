/** What an expression on a node may look at. */
import { predecessors, reachable } from "@/graph/cycles";
import type { Catalog, Definition } from "@/graph/types";
import type { Suggestion } from "@/ui";

/** Parameters of the pipeline, outputs of nodes upstream, facts of the run. */
export function scopeOf(definition: Definition, catalog: Catalog, node: string): Suggestion[] {
  const above = reachable(node, predecessors(definition.edges));
  const outputs = definition.nodes
    .filter(({ id }) => above.has(id) && id !== node)
    .flatMap(({ id, component }) =>
      (catalog.spec(component)?.outputs ?? []).map(({ name, type }) => ({
        value: `nodes.${id}.outputs.${name}`,
        detail: type,
      })),
    );
  const parameters = (definition.parameters ?? []).map(({ name, type = "string", title }) => ({
    value: `params.${name}`,
    detail: title || type,
  }));
  return [
    ...parameters,
    ...outputs,
    { value: "run.id", detail: "of this run" },
    { value: "run.number", detail: "of this run" },
  ];
}
