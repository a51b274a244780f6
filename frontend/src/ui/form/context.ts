import { createContext, type ReactNode, useContext } from "react";
import type { FieldControl } from "../Field";
import type { JsonSchema } from "./schema";

export interface UploadedFile {
  digest: string;
  name: string;
  size: number;
}

/** Stores a file somewhere and says under which digest; `onProgress` is told 0..1. */
export type UploadFile = (
  file: File,
  options: { signal: AbortSignal; onProgress: (part: number) => void },
) => Promise<UploadedFile>;

export interface Suggestion {
  /** What is written into the expression, such as `params.rows`. */
  value: string;
  detail?: string;
}

/** The secrets that may be named here. */
export interface SecretChoices {
  names: readonly string[];
  /** Lets somebody write a new one; told its name. Absent where they may not. */
  writeNew?: (onWritten: (name: string) => void) => void;
}

/** The connections that may be named here, with their types. */
export interface ConnectionChoice {
  name: string;
  type: string;
}

export interface FormSettings {
  disabled: boolean;
  allowExpressions: boolean;
  uploadFile?: UploadFile;
  /** What an expression here may look at. */
  expressionSuggestions: Suggestion[];
  /** Column names for fields of the format `column` and `columns`. */
  columnSuggestions: string[];
  secrets?: SecretChoices;
  connections?: ConnectionChoice[];
  /** Marks by dotted path, such as `columns.2`. */
  errors: Record<string, string>;
}

export const FormContext = createContext<FormSettings>({
  disabled: false,
  allowExpressions: false,
  expressionSuggestions: [],
  columnSuggestions: [],
  errors: {},
});

export function useFormSettings(): FormSettings {
  return useContext(FormContext);
}

export interface SchemaFieldProps {
  name: string;
  schema: JsonSchema;
  path: string;
  value: unknown;
  onChange: (value: unknown) => void;
  label?: string;
  required?: boolean;
  /** No label above: the place around it names the field. */
  bare?: boolean;
}

/** What every control gets. `onChange(undefined)` takes the value away, so that the default holds. */
export interface ControlProps {
  schema: JsonSchema;
  /** The dotted path from the form's root. */
  path: string;
  label: string;
  value: unknown;
  onChange: (value: unknown) => void;
  control: FieldControl;
  disabled: boolean;
  /** Draws a field inside this one: an entry of a list. */
  renderField: (props: SchemaFieldProps) => ReactNode;
}
