/** Finding a component by what somebody types, and the ones they use most. */
import type { Component } from "@/api/types";

export interface Group {
  title: string;
  components: Component[];
}

/** How well a component answers to the words; 0 when one of them is nowhere. */
function score({ title, full_name, summary, category }: Component, words: readonly string[]): number {
  const name = title.toLowerCase();
  let sum = 0;
  for (const word of words) {
    if (name.startsWith(word)) sum += 8;
    else if (name.split(/\W+/).some((part) => part.startsWith(word))) sum += 5;
    else if (name.includes(word) || full_name.includes(word)) sum += 3;
    else if (`${summary} ${category}`.toLowerCase().includes(word)) sum += 1;
    else return 0;
  }
  return sum;
}

/** The order in which a pipeline is usually built; categories of others come after these. */
const ORDER = ["Data in", "Transform", "Combine", "Control", "Pipelines", "Text", "Train", "Evaluate", "Data out", "Notify", "Code"];

function rank(category: string): number {
  const at = ORDER.indexOf(category);
  return at < 0 ? ORDER.length : at;
}

const MOST_USED = 4;

/**
 * The components that match, best first in one group; without words all of them by category,
 * and before those the ones that are used most here.
 */
export function search(components: readonly Component[], text: string, usage: Usage): Group[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const used = (one: Component): number => usage[one.full_name] ?? 0;
  if (words.length > 0) {
    const hits = components
      .map((component) => ({ component, points: score(component, words) }))
      .filter(({ points }) => points > 0)
      .sort((a, b) => b.points - a.points || used(b.component) - used(a.component));
    return hits.length > 0 ? [{ title: "Found", components: hits.map(({ component }) => component) }] : [];
  }
  const groups = new Map<string, Component[]>();
  for (const component of components) {
    const group = groups.get(component.category) ?? [];
    group.push(component);
    groups.set(component.category, group);
  }
  const often = components.filter((one) => used(one) > 1).sort((a, b) => used(b) - used(a));
  return [
    ...(often.length > 0 ? [{ title: "Used most", components: often.slice(0, MOST_USED) }] : []),
    ...[...groups]
      .map(([title, members]) => ({ title, components: members }))
      .sort((a, b) => rank(a.title) - rank(b.title)),
  ];
}

/** All of them, in the given order. */
export function oneGroup(components: readonly Component[]): Group[] {
  return components.length > 0 ? [{ title: "What fits", components: [...components] }] : [];
}

const KEY = "penstock.components-used";

export type Usage = Readonly<Record<string, number>>;

export function readUsage(): Usage {
  try {
    const usage: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof usage === "object" && usage !== null ? (usage as Usage) : {};
  } catch {
    return {}; // Forbidden or garbled: then nothing is used most.
  }
}

export function countUse(component: string): void {
  const usage = readUsage();
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...usage, [component]: (usage[component] ?? 0) + 1 }));
  } catch {
    // Only the order of the palette depends on it.
  }
}
