import { useMemo } from "react";
import { FormContext, type ConnectionChoice, type FormSettings, type SecretChoices, type Suggestion, type UploadFile } from "./context";
import type { JsonSchema } from "./schema";
import { SchemaFields } from "./SchemaField";
import { validateValue } from "./validate";

export interface SchemaFormProps {
  /** A JSON Schema of type object. */
  schema: JsonSchema;
  value: Record<string, unknown>;
  /** Gets the whole new value and the dotted path of what changed. */
  onChange: (value: Record<string, unknown>, path: string) => void;
  /** Marks from elsewhere, by dotted path; they go before the form's own. */
  errors?: Record<string, string>;
  disabled?: boolean;
  /** Whether a field may be switched to a `${{ }}` expression. */
  allowExpressions?: boolean;
  uploadFile?: UploadFile;
  expressionSuggestions?: Suggestion[];
  columnSuggestions?: string[];
  secrets?: SecretChoices;
  connections?: ConnectionChoice[];
}

const NONE: never[] = [];

/**
 * A form made from a JSON Schema. A field that is left alone stays out of the value, and shows its
 * default; marks appear as one types.
 */
export function SchemaForm({
  schema,
  value,
  onChange,
  errors,
  disabled = false,
  allowExpressions = false,
  uploadFile,
  expressionSuggestions = NONE,
  columnSuggestions = NONE,
  secrets,
  connections,
}: SchemaFormProps) {
  const settings = useMemo<FormSettings>(
    () => ({
      disabled,
      allowExpressions,
      uploadFile,
      expressionSuggestions,
      columnSuggestions,
      secrets,
      connections,
      errors: { ...validateValue(schema, value), ...errors },
    }),
    [disabled, allowExpressions, uploadFile, expressionSuggestions, columnSuggestions, secrets, connections, schema, value, errors],
  );
  return (
    <FormContext.Provider value={settings}>
      <SchemaFields schema={schema} path="" value={value} onChange={onChange} />
    </FormContext.Provider>
  );
}
