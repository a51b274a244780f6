import type { Rerun } from "@/api/resources/reruns";
import type { RerunMode } from "@/api/types";

/** `` `a` ``, or how many there are. */
function named(nodes: readonly string[]): string {
  return nodes.length === 1 ? `\`${nodes[0]}\`` : `${nodes.length} nodes`;
}

/** What somebody is about to do, as the title of a question. */
export function titleOf({ mode, nodes }: Pick<Rerun, "mode" | "nodes">, number: number | null): string {
  switch (mode) {
    case "resume":
      return `Resume run #${number}`;
    case "from":
      return `Run from ${named(nodes)}`;
    case "to":
      return `Run to ${named(nodes)}`;
    case "only":
      return `Run only ${named(nodes)}`;
    case "retry":
      return `Retry ${named(nodes)} with other parameters`;
  }
}

/** What a run is, in the line under its name. */
export function modeInWords(mode: RerunMode, chosen: readonly string[]): string {
  switch (mode) {
    case "resume":
      return "resumes";
    case "from":
      return `runs from ${named(chosen)} on`;
    case "to":
      return `runs to ${named(chosen)}`;
    case "only":
      return `runs only ${named(chosen)}`;
    case "retry":
      return `retries ${named(chosen)}`;
  }
}

/** What can be asked for one node of a run that is over. */
export const NODE_MODES: readonly { mode: RerunMode; label: string; keys?: string }[] = [
  { mode: "from", label: "Run from here" },
  { mode: "to", label: "Run to here" },
  { mode: "only", label: "Run only this" },
  { mode: "retry", label: "Retry with other parameters…" },
];
