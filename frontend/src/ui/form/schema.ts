/** The part of JSON Schema (draft 2020-12) that forms are made from. */
export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  /** `code`, `textarea`, `file`, `artifact`, `cel`, `secret`, `connection`, `password`, `uri`, `column`, `columns` choose the control. */
  format?: string;
  /** With `format: connection`: the types that it takes; any without. */
  "x-connection-types"?: string[];
  /** With `format: code`: `python`, `sql`, `shell`, `json`, `yaml`. */
  language?: string;
  examples?: unknown[];
}

/** What a field is, once optional (`anyOf` with null) and `type: [x, "null"]` are unwrapped. */
export type FieldKind =
  | "string"
  | "textarea"
  | "code"
  | "file"
  | "cel"
  | "number"
  | "integer"
  | "boolean"
  | "choice"
  | "strings"
  | "secret"
  | "secrets"
  | "connection"
  | "array"
  | "object"
  | "map"
  | "json";

/** The schema without its "or null". */
export function unwrap(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  if (anyOf) {
    const real = anyOf.filter((one) => one.type !== "null");
    if (real.length === 1 && real[0]) return unwrap({ ...real[0], ...rest });
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    if (types.length === 1) return { ...schema, type: types[0] };
  }
  return schema;
}

export function isNullable(schema: JsonSchema): boolean {
  if (Array.isArray(schema.type)) return schema.type.includes("null");
  return schema.type === "null" || (schema.anyOf?.some(isNullable) ?? false);
}

export function fieldKind(schema: JsonSchema): FieldKind {
  if (choices(schema)) return "choice";
  switch (schema.type) {
    case "string":
      if (schema.format === "code") return "code";
      if (schema.format === "textarea") return "textarea";
      if (schema.format === "file" || schema.format === "artifact") return "file";
      if (schema.format === "cel") return "cel";
      if (schema.format === "secret") return "secret";
      if (schema.format === "connection") return "connection";
      return "string";
    case "number":
    case "integer":
    case "boolean":
      return schema.type;
    case "array":
      return arrayKind(schema);
    case "object":
      if (schema.properties) return "object";
      return typeof schema.additionalProperties === "object" ? "map" : "json";
    default:
      return "json";
  }
}

function arrayKind(schema: JsonSchema): FieldKind {
  if (!schema.items) return "json";
  const items = unwrap(schema.items);
  if (items.type === "string" && !items.enum && !items.format) return "strings";
  if (items.type === "string" && items.format === "secret") return "secrets";
  return fieldKind(items) === "json" ? "json" : "array";
}

/** The values of an `enum`, or of a `oneOf` of constants, with their labels. */
export function choices(schema: JsonSchema): { value: unknown; label: string }[] | null {
  if (schema.enum) return schema.enum.map((value) => ({ value, label: String(value) }));
  if (schema.oneOf?.length && schema.oneOf.every((one) => "const" in one))
    return schema.oneOf.map((one) => ({ value: one.const, label: one.title ?? String(one.const) }));
  return null;
}

/** `max_rows` -> `Max rows`: a label for a property that has no title. */
export function labelOf(name: string, schema: JsonSchema): string {
  if (schema.title) return schema.title;
  const words = name.replace(/_/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether a value holds a `${{ … }}` template; such values are not checked against their type. */
export function isExpression(value: unknown): value is string {
  return typeof value === "string" && value.includes("${{");
}

/** The value a new row of this schema starts with. */
export function startValue(schema: JsonSchema): unknown {
  const real = unwrap(schema);
  if (real.default !== undefined) return real.default;
  switch (fieldKind(real)) {
    case "number":
    case "integer":
      return real.minimum ?? 0;
    case "boolean":
      return false;
    case "choice":
      return choices(real)?.[0]?.value;
    case "strings":
    case "secrets":
    case "array":
      return [];
    case "object":
    case "map":
      return {};
    case "json":
      return null;
    default:
      return "";
  }
}
