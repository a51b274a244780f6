/**
 * Unsaved edits, kept in the browser until the server has them.
 *
 * An entry is keyed by pipeline, base revision and tab: two tabs never overwrite each other's, and
 * an entry says what it was made from. Storage that is full or forbidden is told, never fatal.
 */
import type { Definition } from "@/graph/types";

export interface Entry {
  pipeline: string;
  base: number;
  tab: string;
  definition: Definition;
  /**
   * Fingerprints of what this tab has sent from that base without hearing back: a server that has
   * one of these has our own save, not somebody else's.
   */
  sent: string[];
  /** Milliseconds since the epoch. */
  at: number;
}

const PREFIX = "penstock.draft/";

export interface Journal {
  /** False where the browser would not keep it. */
  write(entry: Pick<Entry, "base" | "definition" | "sent" | "at">): boolean;
  /** Forgets this tab's entries of the pipeline; those of `keepBase` stay when given. */
  clear(keepBase?: number): void;
  /** All entries of the pipeline, this tab's first, then the newest first. */
  entries(): Entry[];
  forget(entry: Entry): void;
}

export function createJournal(storage: Storage, pipeline: string, tab: string): Journal {
  const key = (base: number, owner: string): string => `${PREFIX}${pipeline}/${base}/${owner}`;

  function entries(): Entry[] {
    const found: Entry[] = [];
    for (const name of keysOf(storage)) {
      if (!name.startsWith(`${PREFIX}${pipeline}/`)) continue;
      const entry = parse(storage.getItem(name), pipeline);
      if (entry) found.push(entry);
      else storage.removeItem(name);
    }
    return found.sort((a, b) => Number(b.tab === tab) - Number(a.tab === tab) || b.at - a.at);
  }

  const forget = (entry: Entry): void => storage.removeItem(key(entry.base, entry.tab));

  return {
    write(parts) {
      const entry: Entry = { pipeline, tab, ...parts };
      try {
        storage.setItem(key(entry.base, tab), JSON.stringify(entry));
        return true;
      } catch {
        return false;
      }
    },
    clear(keepBase) {
      for (const entry of entries()) {
        if (entry.tab === tab && entry.base !== keepBase) forget(entry);
      }
    },
    entries,
    forget,
  };
}

function keysOf(storage: Storage): string[] {
  return Array.from({ length: storage.length }, (_, at) => storage.key(at)).filter(
    (name): name is string => name !== null,
  );
}

function parse(text: string | null, pipeline: string): Entry | null {
  try {
    const entry = JSON.parse(text ?? "null") as Entry | null;
    return entry?.pipeline === pipeline && entry.definition ? entry : null;
  } catch {
    return null;
  }
}

/** Storage for browsers that forbid it: edits then live as long as the page. */
export function memoryStorage(): Storage {
  const values = new Map<string, string>();
  return {
    get length() {
      return values.size;
    },
    clear: () => values.clear(),
    getItem: (name) => values.get(name) ?? null,
    key: (at) => [...values.keys()][at] ?? null,
    removeItem: (name) => void values.delete(name),
    setItem: (name, value) => void values.set(name, value),
  };
}
