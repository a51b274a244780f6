import type { RunIf } from "@/graph/types";

/** When a node starts, as the end of a sentence that begins with "Runs when". */
export const RUN_IF_WORDS: Record<RunIf, string> = {
  all_success: "everything before it succeeded",
  all_done: "everything before it has ended",
  one_success: "at least one before it succeeded",
  one_failed: "at least one before it failed",
  none_failed: "nothing before it failed",
  always: "all before it has ended, even if the run stops",
};
