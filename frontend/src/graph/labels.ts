/** What a person calls a node, in the words of the server's checks. */
import type { Definition, PortType } from "./types";

export type Label = (id: string) => string;

/** The title in backticks, with the id where a title is used twice; the id where there is none. */
export function labelsOf(definition: Pick<Definition, "nodes">): Label {
  const titles = new Map<string, string>();
  const uses = new Map<string, number>();
  for (const { id, title } of definition.nodes) {
    if (!title) continue;
    titles.set(id, title);
    uses.set(title, (uses.get(title) ?? 0) + 1);
  }
  return (id) => {
    const title = titles.get(id);
    if (!title) return `\`${id}\``;
    return uses.get(title) === 1 ? `\`${title}\`` : `\`${title} (${id})\``;
  };
}

/** `a table`, `an image`; text, JSON and `any` take no article. */
export function withArticle(type: PortType): string {
  if (type === "text") return "text";
  if (type === "json") return "JSON";
  if (type === "any") return "anything";
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}
