import { createContext, useContext } from "react";

import type { ActionContext } from "@/actions";
import type { Pipeline } from "@/api/types";
import type { CanvasView } from "@/canvas";
import type { Autosave, DocumentStore } from "@/document";
import type { Terminal } from "@/graph/connect";
import type { Point, Problem } from "@/graph/types";
import type { LiveRun } from "@/live";

import type { EditorCatalog } from "./useCatalog";

export interface AddOptions {
  /** The top left corner of the new node. */
  at?: Point;
  wire?: Terminal | null;
  /** The edge that it is put into. */
  edge?: string;
}

/** What the parts of the editor share, apart from the document. */
export interface EditorValue {
  pipeline: Pipeline;
  store: DocumentStore;
  saver: Autosave | null;
  components: EditorCatalog;
  view: CanvasView;
  actions: ActionContext;
  /** Adds a component by its full name, beside the selected node where no place is given. */
  add(component: string, options?: AddOptions): void;
  /** Selects a node and brings it into view; with a problem, puts the cursor where it is mended. */
  goTo(node: string, problem?: Problem): void;
  /** Shows what is inside of a sub-pipeline: the nodes from the draft down to it; empty for the draft. */
  openInside(path: readonly string[]): void;
  problemsOpen: boolean;
  openProblems(open: boolean): void;
  /** The run that is shown on the canvas. */
  live: LiveRun;
  runId: string | null;
  showRun(id: string | null): void;
  mayRun: boolean;
}

const Context = createContext<EditorValue | null>(null);

export const EditorProvider = Context.Provider;

export function useEditor(): EditorValue {
  const value = useContext(Context);
  if (!value) throw new Error("The editor's parts are used outside of EditorProvider.");
  return value;
}
