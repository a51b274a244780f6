/** Mending a problem with one click, where there is one obvious way. */
import { type Act, removal, versionAct } from "@/document";
import { parseRef, refOf } from "@/graph/catalog";
import { edgeKey } from "@/graph/ends";
import type { Definition, Problem } from "@/graph/types";

export interface Fix {
  label: string;
  act: Act;
}

const BY_REMOVING_THE_EDGE = new Set([
  "unknown_port",
  "port_taken",
  "type_mismatch",
  "self_edge",
  "unknown_node",
  "mixed_edge",
  "exit_edge",
  "cycle",
]);

export function fixFor(problem: Problem, definition: Definition, latest: ReadonlyMap<string, number>): Fix | null {
  const { code, edge, node, field } = problem;
  if (edge && BY_REMOVING_THE_EDGE.has(code)) {
    return { label: "Remove the edge", act: { edit: removal(definition, new Set(), new Set([edge])), label: "remove an edge" } };
  }
  if (edge && code === "duplicate_edge") {
    const first = definition.edges.find((one) => edgeKey(one) === edge);
    if (!first) return null;
    const at = definition.edges.indexOf(first);
    return {
      label: "Keep one",
      act: {
        label: "remove a doubled edge",
        edit: {
          kind: "batch",
          edits: [removal(definition, new Set(), new Set([edge])), { kind: "add", nodes: [], edges: [{ edge: first, at }] }],
        },
      },
    };
  }
  if (node && code === "unknown_parameter" && field?.startsWith("params.")) {
    const name = field.slice("params.".length);
    return { label: "Remove it", act: { label: `remove ${name}`, edit: { kind: "setParam", node, name, value: undefined } } };
  }
  if (node && code === "unknown_version") {
    const found = definition.nodes.find(({ id }) => id === node);
    const { name } = parseRef(found ? refOf(found) : "");
    const version = latest.get(name);
    if (!version) return null;
    return { label: `Use version ${version}`, act: versionAct(node, name, version) };
  }
  if (code === "bad_output" || code === "duplicate_id") {
    const at = Number(/^outputs\.(\d+)/.exec(field ?? "")?.[1] ?? Number.NaN);
    const output = definition.outputs?.[at];
    if (!output) return null;
    const left = definition.outputs?.filter((one) => one !== output) ?? [];
    return {
      label: "Remove the output",
      act: {
        label: `remove output ${output.name}`,
        edit: { kind: "setField", field: "outputs", value: left.length > 0 ? left : undefined },
      },
    };
  }
  return null;
}
