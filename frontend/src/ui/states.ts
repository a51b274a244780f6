import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleX,
  Clock,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
  SkipForward,
} from "lucide-react";
import type { BadgeTone } from "./Badge";

/** Every state a run or a node can be in. */
export type State =
  | "pending"
  | "queued"
  | "running"
  | "waiting"
  | "success"
  | "failed"
  | "skipped"
  | "cancelled";

export interface StateLook {
  label: string;
  tone: BadgeTone;
  icon: LucideIcon;
  /** Tailwind classes for text, a filled bar and a border in the state's colour. */
  text: string;
  fill: string;
  border: string;
}

/** How each state looks, in one table for badges, graphs, timelines and lists. */
export const STATES: Record<State, StateLook> = {
  pending: look("Pending", "neutral", CircleDashed, "text-neutral", "bg-neutral", "border-line-strong"),
  queued: look("Queued", "warning", Clock, "text-warning", "bg-warning", "border-warning"),
  running: look("Running", "info", LoaderCircle, "text-info", "bg-info", "border-info"),
  waiting: look("Waiting", "violet", Hourglass, "text-violet", "bg-violet", "border-violet"),
  success: look("Success", "success", CircleCheck, "text-success", "bg-success", "border-success"),
  failed: look("Failed", "danger", CircleX, "text-danger", "bg-danger", "border-danger"),
  skipped: look("Skipped", "neutral", SkipForward, "text-neutral", "bg-neutral", "border-line-strong"),
  cancelled: look("Cancelled", "neutral", Ban, "text-neutral", "bg-neutral", "border-neutral"),
};

function look(
  label: string,
  tone: BadgeTone,
  icon: LucideIcon,
  text: string,
  fill: string,
  border: string,
): StateLook {
  return { label, tone, icon, text, fill, border };
}

/** The look of a state; one this page does not know yet is shown by its own name. */
export function stateLook(state: string): StateLook {
  return STATES[state as State] ?? { ...STATES.pending, label: state };
}

const FINAL = new Set(["success", "failed", "skipped", "cancelled"]);

export function isFinal(state: string): boolean {
  return FINAL.has(state);
}
