import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { keys, useConnections } from "@/api/hooks";
import { getPreview } from "@/api/resources/artifacts";
import { isArtifactRef } from "@/api/types";
import { useDocument } from "@/document";
import { parseEnd } from "@/graph/ends";
import type { ComponentSpec, NodeDef, Parameter } from "@/graph/types";
import { findNode } from "@/live";
import { type JsonSchema, SchemaForm } from "@/ui";

import { useEditor } from "../context";
import { uploadFor } from "../upload";
import { CasesEditor } from "./CasesEditor";
import { scopeOf } from "./scope";
import { useSecretChoices } from "./useSecretChoices";
import { useNodeEdits } from "./useNodeEdits";

/** The component's parameters as a form. */
export function SettingsPane({ node, spec }: { node: NodeDef; spec: ComponentSpec }) {
  const { pipeline, components } = useEditor();
  const { setParam } = useNodeEdits(node.id);
  const definition = useDocument((state) => state.definition);
  const problems = useDocument((state) => state.problems);
  const editable = useDocument((state) => state.editable);
  const columns = useColumns(node);
  const suggestions = useMemo(
    () => scopeOf(definition, components.catalog, node.id, "params"),
    [definition, components.catalog, node.id],
  );
  const errors = useMemo(() => {
    const own = problems.filter((problem) => problem.node === node.id && problem.field?.startsWith("params."));
    return Object.fromEntries(own.map(({ field, message }) => [(field ?? "").slice("params.".length), message]));
  }, [problems, node.id]);
  const cases = spec.implementation.cases_parameter;
  const secrets = useSecretChoices(pipeline.team, JSON.stringify(spec.parameters).includes('"secret"'));
  const connections = useConnections(pipeline.team, 1, JSON.stringify(spec.parameters).includes('"connection"'));
  const parameters = definition.parameters;
  const schema = useMemo(() => schemaFor(node, spec, parameters), [node.map?.over, spec, parameters]);
  const value = node.params ?? {};
  if (Object.keys(spec.parameters.properties ?? {}).length === 0) {
    return <p className="p-4 text-muted">This {node.pipeline ? "pipeline" : "component"} has nothing to set.</p>;
  }
  return (
    <div className="flex flex-col gap-3.5 p-4">
      {typeof cases === "string" && (
        <CasesEditor node={node} parameter={cases} suggestions={suggestions} error={errors[cases]} />
      )}
      <SchemaForm
        schema={schema}
        value={value}
        errors={errors}
        disabled={!editable}
        allowExpressions
        uploadFile={uploadFor(pipeline.team)}
        expressionSuggestions={suggestions}
        columnSuggestions={columns}
        secrets={secrets.choices}
        connections={connections.data?.results}
        onChange={(next, path) => {
          const name = path.split(".")[0] ?? path;
          setParam(name, next[name]);
        }}
      />
      {secrets.dialog}
    </div>
  );
}

/** The component's form, as this node uses it. */
function schemaFor(node: NodeDef, spec: ComponentSpec, parameters: readonly Parameter[] = []): JsonSchema {
  const schema = spec.parameters as JsonSchema;
  const properties = { ...schema.properties };
  const over = node.map?.over;
  const one = over === undefined ? undefined : properties[over];
  if (over !== undefined && one) {
    const { default: _, title, description, ...item } = one;
    properties[over] = { type: "array", title: title || over, description: `${description ?? ""} Here: a list of them.`.trim(), items: item };
  }
  const { cases_parameter: cases } = spec.implementation;
  if (typeof cases === "string") delete properties[cases];
  if (spec.kind === "parameter" && properties.name && parameters.length > 0) {
    properties.name = { ...properties.name, enum: parameters.map(({ name }) => name) };
  }
  return { ...schema, properties };
}

const NO_COLUMNS: string[] = [];

/** Column names of the table that the shown run brought to this node, for fields that name one. */
function useColumns(node: NodeDef): string[] {
  const { live } = useEditor();
  const edges = useDocument((state) => state.definition.edges);
  const digest = useMemo(() => {
    for (const { from, to } of edges) {
      const source = parseEnd(from);
      if (parseEnd(to).node !== node.id || source.port === null || !live.run) continue;
      const value = findNode(live.run, source.node)?.outputs[source.port];
      if (isArtifactRef(value) && value.type === "table") return value.artifact;
    }
    return null;
  }, [edges, live.run, node.id]);
  const { data } = useQuery({
    queryKey: keys.preview(digest ?? "", 1, 1),
    queryFn: ({ signal }) => getPreview(digest ?? "", 1, 1, signal),
    enabled: digest !== null,
    staleTime: Infinity,
  });
  return useMemo(
    () => (data?.kind === "table" ? data.columns.map(({ name }) => name) : NO_COLUMNS),
    [data],
  );
}
