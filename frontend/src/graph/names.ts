/** Ids for new nodes: readable, unique, and never longer than the document allows. */

const MAX_LENGTH = 63;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** What to tell somebody whose id was refused. */
export const IDENTIFIER_HELP =
  "Use letters, digits and _, begin with a letter, and keep it under 64 characters.";

/** An identifier that resembles `text`: `read-csv` becomes `read_csv`. */
export function toIdentifier(text: string): string {
  const clean = text.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "");
  const started = /^[A-Za-z_]/.test(clean) ? clean : `n_${clean}`.replace(/_$/, "");
  return started.slice(0, MAX_LENGTH) || "node";
}

/** `base`, or `base_2`, `base_3` …: the first that nobody has. */
export function freeName(base: string, taken: ReadonlySet<string>): string {
  const start = toIdentifier(base);
  if (!taken.has(start)) return start;
  const stem = start.replace(/_\d+$/, "");
  for (let number = 2; ; number += 1) {
    const suffix = `_${number}`;
    const candidate = stem.slice(0, MAX_LENGTH - suffix.length) + suffix;
    if (!taken.has(candidate)) return candidate;
  }
}
