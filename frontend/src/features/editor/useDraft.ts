import { useEffect, useState } from "react";

import type { Role } from "@/api/types";
import { type Autosave, createDocument, type DocumentStore, isSaved, startAutosave } from "@/document";
import { toast } from "@/ui";

import { loadDraft, type OpenedDraft, sendDraft, sendLastDraft } from "./draft";

/** Those who may edit drafts. */
const EDITORS: readonly Role[] = ["editor", "admin"];

export function mayEdit(role: Role | undefined): boolean {
  return role !== undefined && EDITORS.includes(role);
}

/** The document of an opened draft, with whatever an earlier page had left unsaved. */
export function createDraft({ pipeline, draft, left }: OpenedDraft, editable: boolean): DocumentStore {
  const store = createDocument({ pipeline: pipeline.id, draft, editable });
  if (!left || !editable) return store;
  const { entry, conflict } = left;
  if (conflict) {
    store.setState({
      definition: entry.definition,
      base: entry.base,
      save: { kind: "stale" },
      conflict: { theirs: draft, recovered: true, editedAt: entry.at },
    });
  } else {
    store.getState().perform({
      edit: { kind: "replace", definition: entry.definition },
      label: "restore unsaved edits",
    });
  }
  return store;
}

/** Keeps the draft saved while the editor is open, and two tabs of one browser in step. */
export function useAutosave(store: DocumentStore, opened: OpenedDraft): Autosave | null {
  const { id } = opened.pipeline;
  const [saver, setSaver] = useState<Autosave | null>(null);

  useEffect(() => {
    const started = startAutosave(store, {
      send: (definition, base) => sendDraft(id, definition, base),
      load: () => loadDraft(id),
      sendLast: (definition, base) => sendLastDraft(id, definition, base),
      journal: opened.journal,
      now: Date.now,
    });
    setSaver(started);
    const onHide = (): void => void started.leave();
    const onBeforeUnload = (event: BeforeUnloadEvent): void => {
      if (!started.leave()) event.preventDefault();
    };
    window.addEventListener("online", started.wake);
    window.addEventListener("pagehide", onHide);
    window.addEventListener("beforeunload", onBeforeUnload);
    return () => {
      window.removeEventListener("online", started.wake);
      window.removeEventListener("pagehide", onHide);
      window.removeEventListener("beforeunload", onBeforeUnload);
      void started.flush();
      started.stop();
    };
  }, [store, id, opened.journal]);

  useFollowOthers(store, id);
  return saver;
}

/** A draft without unsaved edits follows what others save: other tabs at once, people on return. */
function useFollowOthers(store: DocumentStore, id: string): void {
  useEffect(() => {
    const channel = new BroadcastChannel(`penstock-draft-${id}`);
    let stopped = false;

    async function follow(): Promise<void> {
      if (!isSaved(store.getState()) || store.getState().conflict) return;
      const theirs = await loadDraft(id).catch(() => null); // Saving will say what is wrong.
      const { base, adopt } = store.getState();
      if (stopped || !theirs || theirs.revision <= base || !isSaved(store.getState())) return;
      adopt(theirs);
      toast(`This pipeline was changed by ${theirs.updated_by?.username ?? "somebody"}; you see it as it is now.`);
    }

    const unsubscribe = store.subscribe((state, before) => {
      if (state.base !== before.base && state.save.kind === "saved") channel.postMessage(state.base);
    });
    channel.onmessage = ({ data }) => {
      if (typeof data === "number" && data > store.getState().base) void follow();
    };
    const onFocus = (): void => void follow();
    window.addEventListener("focus", onFocus);
    return () => {
      stopped = true;
      unsubscribe();
      channel.close();
      window.removeEventListener("focus", onFocus);
    };
  }, [store, id]);
}
