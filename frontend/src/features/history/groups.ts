/** The history as people tell it: many savings in a row by one person are one piece of work. */

import type { HistoryEntry } from "@/api/types";
import { isObject } from "@/graph/read";

export interface Group {
  /** Newest first. */
  entries: HistoryEntry[];
  newest: HistoryEntry;
  oldest: HistoryEntry;
}

/** Savings with a longer pause between them are told apart. */
const PAUSE = 10 * 60_000;

export function grouped(entries: readonly HistoryEntry[]): Group[] {
  const groups: Group[] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last && isEdit(entry) && isEdit(last.oldest) && sameHand(entry, last.oldest) && time(last.oldest) - time(entry) < PAUSE) {
      last.entries.push(entry);
      last.oldest = entry;
    } else groups.push({ entries: [entry], newest: entry, oldest: entry });
  }
  return groups;
}

function isEdit({ action }: HistoryEntry): boolean {
  return action === "pipeline.edit";
}

function sameHand(a: HistoryEntry, b: HistoryEntry): boolean {
  return a.actor === b.actor && a.actor_kind === b.actor_kind && a.token === b.token;
}

function time({ at }: HistoryEntry): number {
  return new Date(at).getTime();
}

/** The nodes that the savings of a group touched, and whether anything but the layout did change. */
export function touched({ entries }: Group): { nodes: string[]; others: string[]; onlyMoved: boolean } {
  const nodes = new Set<string>();
  const others = new Set<string>();
  for (const { before, after } of entries)
    for (const side of [before, after]) {
      const changed = isObject(side) && isObject(side.changed) ? side.changed : {};
      for (const [key, value] of Object.entries(changed)) {
        if (key === "nodes" && isObject(value)) Object.keys(value).forEach((id) => nodes.add(id));
        else if (key !== "nodes" && key !== "layout") others.add(key);
      }
    }
  return { nodes: [...nodes].sort(), others: [...others].sort(), onlyMoved: nodes.size + others.size === 0 };
}

const WORDS: Record<string, string> = {
  "pipeline.create": "made the pipeline",
  "pipeline.edit": "edited the draft",
  "pipeline.publish": "published",
  "pipeline.archive": "archived it",
  "component.publish": "published",
  "run.start": "started it",
  "run.cancel": "cancelled it",
  "run.pin": "pinned it",
  "run.unpin": "unpinned it",
  "approval.decide": "decided",
};

export function actionWords({ action }: HistoryEntry): string {
  return WORDS[action] ?? action;
}

export function who({ actor, actor_kind: kind }: HistoryEntry): string {
  return actor || (kind === "system" ? "Penstock" : "nobody signed in");
}

/** The version that an entry made, if it made one. */
export function versionOf({ after }: HistoryEntry): number | null {
  return isObject(after) && typeof after.version === "number" ? after.version : null;
}
