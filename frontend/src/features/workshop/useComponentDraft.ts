import { useCallback, useEffect, useRef, useState } from "react";

import { ApiProblem, errorMessage } from "@/api/problem";
import { getComponentDraft, saveComponentDraft } from "@/api/resources/componentDrafts";
import type { ComponentDraft, DraftContent } from "@/api/types";

/** So long after the last keystroke a draft is saved, and so long after a failure again. */
const QUIET_MS = 700;
const AGAIN_MS = 4_000;

export type Saving =
  | { kind: "saved" }
  | { kind: "waiting" }
  | { kind: "saving" }
  | { kind: "failed"; message: string }
  /** A colleague saved `revision` meanwhile; nothing is sent before the author has chosen. */
  | { kind: "stale"; message: string; revision: number };

export interface DraftHandle {
  content: DraftContent;
  change: (next: (before: DraftContent) => DraftContent) => void;
  saving: Saving;
  /** Saves what is unsaved at once; false when that did not work. */
  flush: () => Promise<boolean>;
  takeTheirs: () => Promise<void>;
  keepMine: () => Promise<boolean>;
}

/** A draft that is kept on the server while it is written. */
export function useComponentDraft(opened: ComponentDraft): DraftHandle {
  const [content, setContent] = useState(opened.content);
  const [saving, setSaving] = useState<Saving>({ kind: "saved" });
  const now = useRef({ content: opened.content, saved: opened.content, base: opened.revision, blocked: false });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const running = useRef<Promise<boolean> | null>(null);
  const { id } = opened;

  const send = useCallback(async (): Promise<boolean> => {
    clearTimeout(timer.current);
    if (running.current) await running.current;
    const state = now.current;
    if (state.blocked) return false;
    if (state.content === state.saved) return true;
    const sent = state.content;
    setSaving({ kind: "saving" });
    const attempt = saveComponentDraft(id, sent, state.base).then(
      ({ revision }) => {
        state.base = revision;
        state.saved = sent;
        setSaving(state.content === sent ? { kind: "saved" } : { kind: "waiting" });
        return true;
      },
      (error: unknown) => {
        if (error instanceof ApiProblem && error.status === 412) {
          state.blocked = true;
          const { revision } = (error.body.current ?? {}) as { revision?: number };
          setSaving({ kind: "stale", message: error.message, revision: revision ?? state.base });
        } else {
          setSaving({ kind: "failed", message: errorMessage(error) });
          if (error instanceof ApiProblem && error.temporary) timer.current = setTimeout(() => void send(), AGAIN_MS);
        }
        return false;
      },
    );
    running.current = attempt;
    const well = await attempt;
    running.current = null;
    return well;
  }, [id]);

  const change = useCallback(
    (next: (before: DraftContent) => DraftContent) => {
      now.current.content = next(now.current.content);
      setContent(now.current.content);
      if (now.current.blocked) return;
      setSaving({ kind: "waiting" });
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void send(), QUIET_MS);
    },
    [send],
  );

  const takeTheirs = useCallback(async () => {
    const theirs = await getComponentDraft(id);
    now.current = { content: theirs.content, saved: theirs.content, base: theirs.revision, blocked: false };
    setContent(theirs.content);
    setSaving({ kind: "saved" });
  }, [id]);

  const keepMine = useCallback(async () => {
    now.current.base = (await getComponentDraft(id)).revision;
    now.current.blocked = false;
    return send();
  }, [id, send]);

  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent): void => {
      if (now.current.content === now.current.saved) return;
      void send();
      event.preventDefault();
    };
    window.addEventListener("beforeunload", onLeave);
    return () => {
      window.removeEventListener("beforeunload", onLeave);
      void send();
    };
  }, [send]);

  return { content, change, saving, flush: send, takeTheirs, keepMine };
}
