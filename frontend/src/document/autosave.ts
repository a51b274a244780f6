/**
 * Saves the draft within a second of an edit, and loses nothing when that fails.
 *
 * One request at a time; the browser's journal holds whatever the server does not have yet. A
 * temporary failure is tried again with growing pauses, at once when the network returns. A stale
 * base is never overwritten: the editor asks, see `Conflict`.
 */
import { fingerprint, same } from "@/graph/same";
import type { Definition } from "@/graph/types";

import type { Journal } from "./journal";
import type { SaveOutcome, ServerDraft } from "./save";
import { type DocumentStore, isSaved } from "./store";

export interface SavePorts {
  send(definition: Definition, base: number): Promise<SaveOutcome>;
  /** The draft as the server has it now. Raises an Error with words for people. */
  load(): Promise<ServerDraft>;
  /** A last try while the page goes away; nobody waits for the answer. */
  sendLast(definition: Definition, base: number): void;
  journal: Journal;
  now(): number;
}

export interface Autosave {
  /** Saves what is unsaved, now. False when that is not possible at present. */
  flush(): Promise<boolean>;
  /** The page may go away: everything into the journal. False when that could not be done. */
  leave(): boolean;
  /** The network may be back: do not wait for the next try. */
  wake(): void;
  stop(): void;
}

/** A save starts this long after the last edit, and at most so long after the first (ms). */
export const QUIET = 450;
export const LATEST = 850;
export const JOURNAL_AFTER = 120;
export const PAUSES = [1_000, 2_000, 4_000, 8_000, 15_000];
const REMEMBERED_SENDS = 8;

export function startAutosave(store: DocumentStore, ports: SavePorts): Autosave {
  const { journal, now } = ports;
  let sent: string[] = [];
  let kept = true;
  let flight: Promise<boolean> | null = null;
  let firstUnsaved = 0;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let journalTimer: ReturnType<typeof setTimeout> | undefined;

  const dirty = (): boolean => !isSaved(store.getState());

  function note(): void {
    clearTimeout(journalTimer);
    journalTimer = undefined;
    if (!dirty()) return;
    const { base, definition } = store.getState();
    kept = journal.write({ base, definition, sent, at: now() });
  }

  function schedule(pause: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void once(), pause);
  }

  function changed(): void {
    if (!dirty()) return cleared();
    journalTimer ??= setTimeout(note, JOURNAL_AFTER);
    const { conflict, save } = store.getState();
    if (conflict || flight || save.kind === "retrying") return;
    firstUnsaved ||= now();
    store.setState({ save: { kind: "unsaved" } });
    schedule(Math.max(0, Math.min(QUIET, firstUnsaved + LATEST - now())));
  }

  /** The server has what is here: another draft was taken, or the last save landed. */
  function cleared(): void {
    clearTimeout(timer);
    clearTimeout(journalTimer);
    journalTimer = undefined;
    firstUnsaved = 0;
    failures = 0;
    sent = [];
    journal.clear();
  }

  function once(): Promise<boolean> {
    clearTimeout(timer);
    flight ??= attempt().finally(() => {
      flight = null;
      firstUnsaved = 0;
      if (store.getState().save.kind === "saved") changed();
    });
    return flight;
  }

  async function attempt(): Promise<boolean> {
    const { definition, base } = store.getState();
    sent = [...sent, fingerprint(definition)].slice(-REMEMBERED_SENDS);
    store.setState({ save: { kind: "saving" } });
    const outcome = await ports.send(definition, base);
    if (outcome.kind === "saved") landed(definition, outcome);
    else if (outcome.kind === "failed") failed(outcome.message, outcome.temporary);
    else return await overtaken();
    return outcome.kind === "saved";
  }

  function landed(stored: Definition, draft: Omit<ServerDraft, "definition" | "updated_by">): void {
    failures = 0;
    sent = [];
    const { revision, problems, changed: differs, updated_at } = draft;
    const save = { kind: "saved", at: updated_at } as const;
    store.setState({ stored, base: revision, problems, changed: differs, save });
    note();
    journal.clear(dirty() ? revision : undefined);
  }

  function failed(message: string, temporary: boolean): void {
    note();
    if (!temporary) {
      store.setState({ save: { kind: "refused", message, kept } });
      return;
    }
    const pause = PAUSES[Math.min(failures, PAUSES.length - 1)] as number;
    failures += 1;
    store.setState({ save: { kind: "retrying", message, at: now() + pause, kept } });
    schedule(pause);
  }

  /** Somebody saved first. Was it us, in a request whose answer was lost? */
  async function overtaken(): Promise<boolean> {
    let theirs: ServerDraft;
    try {
      theirs = await ports.load();
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error), true);
      return false;
    }
    const { definition } = store.getState();
    const equal = same(theirs.definition, definition);
    if (equal || sent.includes(fingerprint(theirs.definition))) {
      landed(equal ? definition : theirs.definition, theirs);
      return true;
    }
    note();
    const conflict = { theirs, recovered: false, editedAt: now() };
    store.setState({ save: { kind: "stale" }, conflict });
    return false;
  }

  const unsubscribe = store.subscribe((state, before) => {
    if (state.definition !== before.definition || state.conflict !== before.conflict) changed();
  });
  if (dirty()) changed();

  return {
    async flush() {
      while (dirty()) {
        if (store.getState().conflict || !(await once())) return false;
      }
      return true;
    },
    leave() {
      if (!dirty()) return true;
      const { definition, base, conflict } = store.getState();
      if (!conflict) sent = [...sent, fingerprint(definition)].slice(-REMEMBERED_SENDS);
      note();
      if (!conflict) ports.sendLast(definition, base);
      return kept;
    },
    wake() {
      if (store.getState().save.kind === "retrying") void once();
    },
    stop() {
      note();
      clearTimeout(timer);
      clearTimeout(journalTimer);
      unsubscribe();
    },
  };
}
