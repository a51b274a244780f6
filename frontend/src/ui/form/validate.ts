import { isExpression, isNullable, type JsonSchema, labelOf, unwrap } from "./schema";

/** What is wrong with a value, by path: `{"columns.2": "…"}`; the value itself has the path "". */
export type Marks = Record<string, string>;

/**
 * Checks a value against the part of JSON Schema that forms are made from.
 *
 * The server's check is the judge; this one marks a field while it is being typed in. Values with
 * `${{ }}` are only looked at as expressions, for their type is known at run time.
 */
export function validateValue(schema: JsonSchema, value: unknown, path = "", name = ""): Marks {
  const marks: Marks = {};
  check(schema, value, path, name, marks);
  return marks;
}

function check(declared: JsonSchema, value: unknown, path: string, name: string, marks: Marks): void {
  const schema = unwrap(declared);
  if (value === undefined || (value === null && isNullable(declared))) return;
  if (isExpression(value)) {
    const trouble = expressionTrouble(value);
    if (trouble) marks[path] = trouble;
    return;
  }
  const trouble = ownTrouble(schema, value);
  if (trouble) {
    marks[path] = trouble;
    return;
  }
  if (Array.isArray(value) && schema.items) {
    const items = schema.items;
    value.forEach((one, index) => check(items, one, join(path, String(index)), name, marks));
  }
  if (isObject(value)) checkObject(schema, value, path, marks);
}

function checkObject(schema: JsonSchema, value: Record<string, unknown>, path: string, marks: Marks): void {
  const properties = schema.properties ?? {};
  for (const [name, property] of Object.entries(properties)) {
    const given = value[name];
    const missing = given === undefined || given === null || given === "";
    if (missing && schema.required?.includes(name) && property.default === undefined) {
      marks[join(path, name)] = `${labelOf(name, property)} is required.`;
    } else check(property, given, join(path, name), name, marks);
  }
  if (typeof schema.additionalProperties === "object") {
    for (const [name, one] of Object.entries(value))
      if (!(name in properties)) check(schema.additionalProperties, one, join(path, name), name, marks);
  }
}

function ownTrouble(schema: JsonSchema, value: unknown): string | null {
  if (schema.enum && !schema.enum.some((one) => one === value))
    return `Choose one of ${schema.enum.map(String).join(", ")}.`;
  switch (schema.type) {
    case "string":
      return typeof value === "string" ? stringTrouble(schema, value) : "Enter text.";
    case "number":
    case "integer":
      return numberTrouble(schema, value);
    case "boolean":
      return typeof value === "boolean" ? null : "Choose yes or no.";
    case "array":
      return Array.isArray(value) ? arrayTrouble(schema, value) : "Enter a list.";
    case "object":
      return isObject(value) ? null : "Enter an object.";
    default:
      return null;
  }
}

function stringTrouble(schema: JsonSchema, value: string): string | null {
  const { minLength, maxLength, pattern } = schema;
  if (minLength !== undefined && value.length < minLength)
    return minLength === 1 ? "Enter at least one character." : `Enter at least ${minLength} characters.`;
  if (maxLength !== undefined && value.length > maxLength) return `Enter at most ${maxLength} characters.`;
  if (pattern !== undefined && !matches(pattern, value)) return `Must match the pattern ${pattern}.`;
  return null;
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true; // A pattern in Python's dialect; the server checks it.
  }
}

function numberTrouble(schema: JsonSchema, value: unknown): string | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return "Enter a number.";
  if (schema.type === "integer" && !Number.isInteger(value)) return "Enter a whole number.";
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && value < minimum) return `Must be ${minimum} or more.`;
  if (maximum !== undefined && value > maximum) return `Must be ${maximum} or less.`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return `Must be more than ${exclusiveMinimum}.`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return `Must be less than ${exclusiveMaximum}.`;
  return null;
}

function arrayTrouble(schema: JsonSchema, value: unknown[]): string | null {
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems)
    return `Add at least ${minItems} ${minItems === 1 ? "entry" : "entries"}.`;
  if (maxItems !== undefined && value.length > maxItems) return `Keep at most ${maxItems} entries.`;
  return null;
}

/** What is wrong with the `${{ }}` parts of a text, as far as their brackets go. */
export function expressionTrouble(text: string): string | null {
  let rest = text;
  for (;;) {
    const start = rest.indexOf("${{");
    if (start < 0) return null;
    const end = rest.indexOf("}}", start + 3);
    if (end < 0) return "Close the expression with }}.";
    if (!rest.slice(start + 3, end).trim()) return "Write an expression between ${{ and }}, such as params.name.";
    rest = rest.slice(end + 2);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}
