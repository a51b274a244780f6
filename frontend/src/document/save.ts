/** What the editor knows about its draft on the server, and how saving it can end. */
import type { Definition, Problem } from "@/graph/types";

export interface ServerDraft {
  definition: Definition;
  revision: number;
  problems: Problem[];
  updated_at: string;
  updated_by: { id: number; username: string } | null;
  /** Differs from the newest published version. */
  changed: boolean;
}

export type SaveOutcome =
  | { kind: "saved"; revision: number; problems: Problem[]; updated_at: string; changed: boolean }
  /** Somebody else saved first. */
  | { kind: "stale" }
  | { kind: "failed"; temporary: boolean; message: string };

export type SaveState =
  | { kind: "saved"; at: string }
  | { kind: "unsaved" }
  | { kind: "saving" }
  /** The server did not take it for now; the edits are kept in this browser. */
  | { kind: "retrying"; message: string; at: number; kept: boolean }
  /** The server will not take it as it is; the edits are kept in this browser. */
  | { kind: "refused"; message: string; kept: boolean }
  /** See `DocumentState.conflict`. */
  | { kind: "stale" };

/** The server's draft is not what these edits were made from. */
export interface Conflict {
  theirs: ServerDraft;
  /** Found in the browser when the page was opened, rather than met while saving. */
  recovered: boolean;
  /** When the edits at hand were made, in milliseconds since the epoch. */
  editedAt: number;
}
