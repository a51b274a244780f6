/** What to do with edits that an earlier page left in the browser. */
import { fingerprint, same } from "@/graph/same";

import type { Entry } from "./journal";
import type { ServerDraft } from "./save";

export type Recovery =
  | { kind: "nothing" }
  /** Made from what the server has: they can simply go on. */
  | { kind: "restore"; entry: Entry }
  /** The server has moved on since: somebody must choose. */
  | { kind: "conflict"; entry: Entry };

export interface Found {
  recovery: Recovery;
  /** Entries that hold nothing new. */
  obsolete: Entry[];
}

/** `live` names the tabs that are open now: what they hold is theirs to save. */
export function recover(
  entries: readonly Entry[],
  draft: ServerDraft,
  ownTab: string,
  live: ReadonlySet<string>,
): Found {
  const obsolete: Entry[] = [];
  const open: Entry[] = [];
  for (const entry of entries) {
    if (entry.tab !== ownTab && live.has(entry.tab)) continue;
    (same(entry.definition, draft.definition) ? obsolete : open).push(entry);
  }
  const ours = fingerprint(draft.definition);
  const fits = open.find((entry) => entry.base === draft.revision || entry.sent.includes(ours));
  if (fits) return { recovery: { kind: "restore", entry: fits }, obsolete };
  const entry = open[0];
  return { recovery: entry ? { kind: "conflict", entry } : { kind: "nothing" }, obsolete };
}
