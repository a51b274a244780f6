import { isArtifactRef, type NodeState, type RunNode } from "@/api/types";
import type { NodeStatus } from "@/canvas/status";
import { formatBytes } from "@/ui";

/** A node of a run as the canvas shows it. */
export function toStatus(node: RunNode): NodeStatus {
  return {
    state: node.state,
    reason: node.reason,
    attempt: node.attempt,
    maxAttempts: node.max_attempts,
    progress: partOf(node),
    startedAt: node.started_at,
    endedAt: node.ended_at,
    cached: node.cached,
    kept: node.reused_from !== null && !node.cached,
    phase: node.phase,
    ...itemsOf(node),
    taken: node.state === "success" ? Object.keys(node.outputs) : undefined,
    outputs: outputWords(node.outputs),
  };
}

/** What the reason of a node says beyond its error, which is shown by itself. */
export function reasonBeside(reason: string, error = ""): string {
  return error && reason.startsWith(error) ? reason.slice(error.length).replace(/^; /, "") : reason;
}

/** How far it is, from 0 to 1: as it says itself, or by its items. */
function partOf(node: RunNode): number | null {
  const { items } = itemsOf(node);
  return node.progress ?? (items ? items.done / items.total : null);
}

/** How far the items of a mapped node are. */
function itemsOf({ items, items_total: total }: RunNode): Pick<NodeStatus, "items"> {
  if (total === 0) return {};
  const { success = 0, failed = 0, skipped = 0, cancelled = 0 } = items as Partial<Record<NodeState, number>>;
  return { items: { done: success + failed + skipped + cancelled, total, failed } };
}

const LONGEST = 18;

/** A few words about each output: the size of an artifact, a short value itself. */
function outputWords(outputs: RunNode["outputs"]): Record<string, string> {
  const words: Record<string, string> = {};
  for (const [port, value] of Object.entries(outputs)) {
    const text = inWords(value);
    if (text) words[port] = text;
  }
  return words;
}

function inWords(value: unknown): string | null {
  if (isArtifactRef(value)) return formatBytes(value.size);
  if (Array.isArray(value)) return `${value.length} ${value.length === 1 ? "item" : "items"}`;
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" && value.length <= LONGEST ? value : null;
}
