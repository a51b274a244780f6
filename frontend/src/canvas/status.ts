import { Bookmark, CircleSlash, type LucideIcon, Minus, Pencil, Play, Plus } from "lucide-react";

import type { NodeState, Outlook } from "@/api/types";

/** What a node would do in a run that is not started yet. */
export type Fate = Outlook["nodes"][number]["fate"];

export const FATES: Record<Fate, { label: string; icon: LucideIcon; text: string; border: string }> = {
  run: { label: "Would run", icon: Play, text: "text-info", border: "border-info" },
  keep: { label: "Would keep its result", icon: Bookmark, text: "text-success", border: "border-success" },
  leave: { label: "Would be left out", icon: CircleSlash, text: "text-muted", border: "border-line-strong" },
};

/** What became of a node or an edge from one version to another. */
export type Change = "added" | "removed" | "changed";

export const CHANGES: Record<Change, { label: string; icon: LucideIcon; text: string; border: string; stroke: string }> = {
  added: { label: "Added", icon: Plus, text: "text-success", border: "border-success", stroke: "var(--color-success)" },
  removed: { label: "Removed", icon: Minus, text: "text-danger", border: "border-danger", stroke: "var(--color-danger)" },
  changed: { label: "Changed", icon: Pencil, text: "text-warning", border: "border-warning", stroke: "var(--color-warning)" },
};

/** How a node fares in a run: what the canvas shows on it. */
export interface NodeStatus {
  state: NodeState;
  reason?: string;
  attempt: number;
  maxAttempts?: number;
  /** 0 to 1. */
  progress?: number | null;
  startedAt?: string | null;
  endedAt?: string | null;
  cached?: boolean;
  /** Its results are those of an earlier run, which this one goes on from. */
  kept?: boolean;
  /** What it is about while its items or its child run are at work, or while it waits. */
  phase?: string;
  /** Of a mapped node: how many of its items have ended, and how many of those failed. */
  items?: { done: number; total: number; failed: number };
  /** The branches that it took, where it has any. */
  taken?: readonly string[];
  /** A few words about each output, such as `150 rows` or `12 KiB`; shown on its edges. */
  outputs?: Readonly<Record<string, string>>;
}
