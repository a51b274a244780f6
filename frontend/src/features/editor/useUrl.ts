import { useCallback, useEffect, useMemo } from "react";
import { useSearchParams } from "react-router";

import type { DocumentStore } from "@/document";

export interface EditorUrl {
  node: string | null;
  version: number | null;
  run: string | null;
  fromRun: string | null;
  /** The sub-pipeline that is looked into: nodes from the draft down to it. */
  inside: readonly string[];
  /** Undefined leaves a part as it is, null takes it away. */
  set(parts: { node?: string | null; version?: number | null; run?: string | null; from_run?: null; inside?: string | null }): void;
}

/** What of the editor's state can be linked to. */
export function useEditorUrl(): EditorUrl {
  const [params, setParams] = useSearchParams();
  const set = useCallback<EditorUrl["set"]>(
    (parts) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(parts)) {
            if (value === null) next.delete(name);
            else if (value !== undefined) next.set(name, String(value));
          }
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  const version = Number(params.get("version"));
  const [node, run, fromRun] = [params.get("node"), params.get("run"), params.get("from_run")];
  const inside = params.get("inside") ?? "";
  return useMemo(
    () => ({ node, run, fromRun, inside: inside.split("/").filter(Boolean), version: Number.isInteger(version) && version > 0 ? version : null, set }),
    [node, run, fromRun, inside, version, set],
  );
}

/** The address names the node that is chosen, and an address chooses its node. */
export function useNodeInUrl(store: DocumentStore, url: EditorUrl, choose: (node: string) => void): void {
  const { node, set } = url;

  useEffect(
    () =>
      store.subscribe((state, before) => {
        if (state.selection === before.selection) return;
        const [id] = state.selection.nodes;
        set({ node: state.selection.nodes.size === 1 && id ? id : null });
      }),
    [store, set],
  );

  useEffect(() => {
    const { definition, selection } = store.getState();
    if (node === null || selection.nodes.has(node)) return;
    if (definition.nodes.some(({ id }) => id === node)) choose(node);
  }, [store, node, choose]);
}
