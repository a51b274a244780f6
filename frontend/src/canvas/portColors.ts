import type { PortType } from "@/graph/types";

/** The colour family of a type, as a CSS value; types that convert into each other look alike. */
export function portColor(type: PortType): string {
  return `var(--color-port-${FAMILY[type]})`;
}

const FAMILY: Record<PortType, string> = {
  table: "table",
  model: "model",
  image: "image",
  file: "file",
  text: "text",
  string: "text",
  number: "number",
  integer: "number",
  boolean: "number",
  json: "json",
  list: "json",
  any: "any",
};
