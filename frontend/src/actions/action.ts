/** An action says what it is called, which keys it has, when it can be done, and does it. */
import type { DocumentStore, Drawn } from "@/document";
import type { Box } from "@/graph/geometry";
import type { Point } from "@/graph/types";

/** Where the canvas looks. */
export interface View {
  fit(): void;
  middle(): Point;
  reveal(box: Box): void;
}

/** What lies around the canvas. */
export interface Surroundings {
  /** With `options` the dialog opens in any case, with more than the parameters. */
  openRun(options?: boolean): void;
  /** Asks whether to run from, to or only these nodes, or what did not succeed. */
  askRerun(mode: "from" | "to" | "only" | "resume", nodes: ReadonlySet<string>): void;
  openPublish(): void;
  openHelp(): void;
  /** Puts the cursor into the palette's search. */
  searchPalette(): void;
  /** A search for a new node, in the middle of the canvas. */
  addHere(): void;
  /** Opens the search in the graph. */
  openFind(): void;
  renameNode(): void;
  /** Puts the keyboard's focus on a node of the canvas. */
  focusNode(id: string): void;
  tidy(nodes: ReadonlySet<string>): void;
  save(): void;
  /** Tells briefly what was done, or why it was not. */
  say(message: string, trouble?: boolean): void;
}

export interface ActionContext {
  store: DocumentStore;
  drawn(): Drawn;
  view: View;
  around: Surroundings;
}

export interface Action {
  id: string;
  label: string;
  group: "Edit" | "Arrange" | "Canvas" | "Pipeline" | "Help";
  /** The first is the one that is shown. */
  keys: readonly string[];
  /**
   * `canvas`: the keys act only while the canvas has the focus. `page`: anywhere but where somebody
   * types. `always`: there as well, because they write nothing.
   */
  scope: "always" | "page" | "canvas";
  enabled(context: ActionContext): boolean;
  perform(context: ActionContext): void;
}
