import type { PortType } from "@/graph/types";

type Family = "table" | "model" | "image" | "file" | "text" | "number" | "json" | "any";

/** Types that convert into each other look alike. */
const FAMILIES: Record<PortType, Family> = {
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

/** Written out, for Tailwind keeps only the colours whose names it finds. */
const CLASSES: Record<Family, string> = {
  table: "text-port-table",
  model: "text-port-model",
  image: "text-port-image",
  file: "text-port-file",
  text: "text-port-text",
  number: "text-port-number",
  json: "text-port-json",
  any: "text-port-any",
};

/** The class that gives an element its port type's colour. */
export function portClass(type: PortType): string {
  return CLASSES[FAMILIES[type]];
}

/** The same colour as a CSS value. */
export function portColor(type: PortType): string {
  return `var(--color-port-${FAMILIES[type]})`;
}
