import { ApiProblem } from "@/api/problem";
import type { ComponentSpec } from "@/api/types";
import { uploadFor } from "@/features/editor/upload";
import { type JsonSchema, SchemaForm } from "@/ui";

type Params = Record<string, unknown>;

export interface ParamsFormProps {
  spec: ComponentSpec;
  team: string;
  value: Params;
  error: Error | null;
  onChange: (value: Params) => void;
}

/** A node's parameters, to be changed for one run. */
export function ParamsForm({ spec, team, value, error, onChange }: ParamsFormProps) {
  const schema = spec.parameters as JsonSchema;
  if (Object.keys(schema.properties ?? {}).length === 0)
    return <p className="text-muted">This component has nothing to set.</p>;
  return (
    <SchemaForm
      schema={schema}
      value={value}
      errors={marks(error)}
      allowExpressions
      uploadFile={uploadFor(team)}
      onChange={onChange}
    />
  );
}

/** The parameters that differ from those before; one that was emptied goes back to its default. */
export function changedParams(before: Params, now: Params): Params {
  const names = Object.keys({ ...before, ...now });
  return Object.fromEntries(
    names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name])).map((name) => [name, now[name] ?? null]),
  );
}

function marks(error: Error | null): Record<string, string> | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  return Object.fromEntries(
    error.problems.flatMap(({ field, message }) =>
      field?.startsWith("params.") ? [[field.slice("params.".length), message]] : [],
    ),
  );
}
