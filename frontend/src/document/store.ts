/**
 * The one store of the editor: the draft, how it came to be, what is selected, how saved it is.
 *
 * `perform`, `undo`, `redo` and `adopt` are the only ways to another definition.
 */
import { createStore, type StoreApi } from "zustand/vanilla";

import { edgeKey } from "@/graph/ends";
import type { Definition, Problem } from "@/graph/types";

import { type Edit, EditRefused } from "./edits";
import { type Act, EMPTY, type History, perform, redo, type Step, undo } from "./history";
import type { Conflict, SaveState, ServerDraft } from "./save";

export interface Selection {
  nodes: ReadonlySet<string>;
  /** Edge keys. */
  edges: ReadonlySet<string>;
}

export const NOTHING: Selection = { nodes: new Set(), edges: new Set() };

export interface DocumentState {
  pipeline: string;
  definition: Definition;
  /** What the server has, at revision `base`; the same object as `definition` when all is saved. */
  stored: Definition;
  base: number;
  history: History;
  selection: Selection;
  save: SaveState;
  conflict: Conflict | null;
  /** The server's findings about what was saved last. */
  problems: readonly Problem[];
  /** Whether the saved draft differs from the newest published version. */
  changed: boolean;
  /** False for those who may only look: edits are then refused. */
  editable: boolean;

  /** Returns the refusal's words, or null when it was done. */
  perform(act: Act): string | null;
  undo(): Step | null;
  redo(): Step | null;
  select(selection: Partial<Selection>): void;
  /** Takes another draft as the new base. With a label, undo brings the present one back. */
  adopt(draft: ServerDraft, label?: string): void;
}

export type DocumentStore = StoreApi<DocumentState>;

export interface Opening {
  pipeline: string;
  draft: ServerDraft;
  editable: boolean;
  now?: () => number;
}

export function createDocument({ pipeline, draft, editable, now = Date.now }: Opening): DocumentStore {
  return createStore<DocumentState>()((set, get) => {
    const travel = (go: typeof undo): Step | null => {
      const { definition, history, selection } = get();
      const change = get().editable ? go(definition, history) : null;
      if (!change) return null;
      set({
        definition: change.definition,
        history: change.history,
        selection: pruned(selection, change.definition),
      });
      return change.step;
    };

    return {
      pipeline,
      definition: draft.definition,
      stored: draft.definition,
      base: draft.revision,
      history: EMPTY,
      selection: NOTHING,
      save: { kind: "saved", at: draft.updated_at },
      conflict: null,
      problems: draft.problems,
      changed: draft.changed,
      editable,

      perform(act) {
        const { definition, history, selection } = get();
        if (!get().editable) return "You may look at this pipeline, not change it.";
        try {
          const change = perform(definition, history, act, now());
          set({
            definition: change.definition,
            history: change.history,
            selection: pruned(followed(selection, act.edit), change.definition),
          });
          return null;
        } catch (error) {
          if (error instanceof EditRefused) return error.message;
          throw error;
        }
      },

      undo: () => travel(undo),
      redo: () => travel(redo),
      select: (selection) => set({ selection: { ...NOTHING, ...selection } }),

      adopt(theirs, label) {
        const mine = get().definition;
        const step: Step = {
          edit: { kind: "replace", definition: theirs.definition },
          inverse: { kind: "replace", definition: mine },
          label: label ?? "",
          merge: null,
          at: now(),
        };
        set({
          definition: theirs.definition,
          stored: theirs.definition,
          base: theirs.revision,
          history: label === undefined ? EMPTY : { past: [step], future: [] },
          selection: pruned(get().selection, theirs.definition),
          save: { kind: "saved", at: theirs.updated_at },
          conflict: null,
          problems: theirs.problems,
          changed: theirs.changed,
        });
      },
    };
  });
}

/** A renamed node stays selected. */
function followed(selection: Selection, edit: Edit): Selection {
  if (edit.kind !== "rename" || !selection.nodes.has(edit.from)) return selection;
  const nodes = [...selection.nodes].map((id) => (id === edit.from ? edit.to : id));
  return { ...selection, nodes: new Set(nodes) };
}

/** The part of a selection that still exists. */
function pruned(selection: Selection, definition: Definition): Selection {
  if (selection.nodes.size === 0 && selection.edges.size === 0) return selection;
  const ids = new Set(definition.nodes.map(({ id }) => id));
  const keys = new Set(definition.edges.map(edgeKey));
  return {
    nodes: new Set([...selection.nodes].filter((id) => ids.has(id))),
    edges: new Set([...selection.edges].filter((key) => keys.has(key))),
  };
}

export function isSaved({ definition, stored }: DocumentState): boolean {
  return definition === stored;
}
