import type { Run } from "@/api/types";
import { refOf } from "@/graph/catalog";
import { readDefinition } from "@/graph/read";
import { parseItem } from "@/features/run/items";
import { isFinal, type MenuEntry } from "@/ui";

import type { RerunQuestion } from "./RerunDialog";
import { NODE_MODES } from "./words";

/** Whether what did not succeed, or was left out, can be taken up. */
export function resumable(run: Run): boolean {
  if (run.state === "failed" || run.state === "cancelled") return true;
  return run.state === "success" && run.nodes.some(({ reason }) => reason.startsWith("left out"));
}

export function resumeQuestion(run: Run): RerunQuestion {
  return { ...about(run), mode: "resume", nodes: [] };
}

/** What can be asked about one node of a run; nothing while the run goes on. */
export function nodeMenu(run: Run, node: string | null, ask: (question: RerunQuestion) => void): MenuEntry[] {
  if (node === null) return [];
  if (parseItem(node)) {
    const onSelect = () => ask({ ...about(run), mode: "from", nodes: [node] });
    return [{ id: "item", label: "Run this item again", disabled: !isFinal(run.state), onSelect }];
  }
  const retry = retryOf(run, node);
  return NODE_MODES.map(({ mode, label }) => ({
    id: mode,
    label,
    disabled: !isFinal(run.state) || (mode === "retry" && !retry),
    onSelect: () => ask({ ...about(run), mode, nodes: [node], ...(mode === "retry" ? { retry } : {}) }),
  }));
}

function about(run: Run): Omit<RerunQuestion, "mode" | "nodes"> {
  return {
    pipeline: run.pipeline.id,
    run: run.id,
    number: run.number,
    version: run.version,
    ranVersion: run.version,
  };
}

/** The parameters of a node as this run had them. */
function retryOf(run: Run, id: string): RerunQuestion["retry"] {
  const node = readDefinition(run.definition).definition.nodes.find((one) => one.id === id);
  const spec = node && run.components[refOf(node)];
  if (!node || !spec || Object.keys(spec.parameters.properties ?? {}).length === 0) return undefined;
  return { node: id, spec, params: { ...node.params, ...run.node_params[id] } };
}
