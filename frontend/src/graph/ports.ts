/**
 * Which output types may feed which input types.
 *
 * The same table as `pipelines/core/ports.py`; the cases in `tests/shared/port_compatibility.json`
 * hold the two together.
 */
import type { PortType } from "./types";

/** What else each type may feed, apart from itself and `any`. */
const WIDENS_TO: Readonly<Partial<Record<PortType, readonly PortType[]>>> = {
  string: ["text", "json"],
  text: ["string", "json"],
  number: ["json"],
  integer: ["number", "json"],
  boolean: ["json"],
  list: ["json"],
  table: ["file"],
  image: ["file"],
  model: ["file"],
};

export function compatible(source: PortType, target: PortType): boolean {
  return (
    source === target ||
    source === "any" ||
    target === "any" ||
    (WIDENS_TO[source]?.includes(target) ?? false)
  );
}
