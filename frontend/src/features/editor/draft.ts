/** The draft's way to the server and back, in the document's words. */
import { apiUrl } from "@/api/client";
import { ApiProblem, errorMessage } from "@/api/problem";
import { getPipeline, saveDraft } from "@/api/resources/pipelines";
import { csrfToken } from "@/api/transport";
import type { Draft, JsonObject, Pipeline } from "@/api/types";
import { createJournal, type Entry, type Journal, memoryStorage, recover, type SaveOutcome, type ServerDraft } from "@/document";
import { readDefinition } from "@/graph/read";
import type { Definition } from "@/graph/types";

import { openTabs, thisTab } from "./tab";

export function toServerDraft(draft: Draft): { draft: ServerDraft; notes: string[] } {
  const { definition, notes } = readDefinition(draft.definition);
  return { draft: { ...draft, definition }, notes };
}

/** A definition is a JSON object; TypeScript does not know that of an interface. */
export function toJson(definition: Definition): JsonObject {
  return { ...definition };
}

export async function loadDraft(pipeline: string): Promise<ServerDraft> {
  return toServerDraft((await getPipeline(pipeline)).draft).draft;
}

export async function sendDraft(pipeline: string, definition: Definition, base: number): Promise<SaveOutcome> {
  try {
    return { kind: "saved", ...(await saveDraft(pipeline, toJson(definition), base)) };
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 412) return { kind: "stale" };
    const temporary = !(error instanceof ApiProblem) || error.temporary;
    return { kind: "failed", temporary, message: errorMessage(error) };
  }
}

/** Browsers refuse larger bodies for requests that outlive their page. */
const KEEPALIVE_LIMIT = 60_000;

/** A save that the browser carries out although the page is going away. */
export function sendLastDraft(pipeline: string, definition: Definition, base: number): void {
  const body = JSON.stringify({ definition });
  if (body.length > KEEPALIVE_LIMIT) return;
  fetch(apiUrl(`/pipelines/${pipeline}/draft/`), {
    method: "PATCH",
    keepalive: true,
    credentials: "same-origin",
    headers: {
      "Content-Type": "application/json",
      "If-Match": `"${base}"`,
      "X-CSRFToken": csrfToken(),
    },
    body,
  }).catch(() => undefined); // Nobody is there any more; the journal has the edits.
}

function browserStorage(): Storage {
  try {
    return window.localStorage;
  } catch {
    return memoryStorage();
  }
}

export interface OpenedDraft {
  pipeline: Pipeline;
  draft: ServerDraft;
  journal: Journal;
  /** Edits that an earlier page could not save. */
  left: { entry: Entry; conflict: boolean } | null;
  notes: string[];
}

/** Reads the pipeline, and what an earlier page may have left unsaved in this browser. */
export async function openDraft(id: string, signal?: AbortSignal): Promise<OpenedDraft> {
  const [pipeline, tab, live] = await Promise.all([getPipeline(id, signal), thisTab(), openTabs()]);
  const { draft, notes } = toServerDraft(pipeline.draft);
  const journal = createJournal(browserStorage(), id, tab);
  const { recovery, obsolete } = recover(journal.entries(), draft, tab, live);
  obsolete.forEach(journal.forget);
  if (recovery.kind === "nothing") return { pipeline, draft, journal, left: null, notes };
  const { entry } = recovery;
  if (entry.tab !== tab && journal.write(entry)) journal.forget(entry);
  return { pipeline, draft, journal, left: { entry, conflict: recovery.kind === "conflict" }, notes };
}
