import { clsx } from "clsx";

import { Duration, stateLook, Tooltip } from "@/ui";

import type { NodeStatus } from "./status";

/** How one says which attempt it is, from the second on. */
function againWords({ attempt, maxAttempts }: NodeStatus): string {
  if (attempt < 2) return "";
  return maxAttempts ? `attempt ${attempt} of ${maxAttempts}` : `attempt ${attempt}`;
}

/** The state of a node in a run: an icon, and words for those who cannot see it. */
export function NodeState({ status }: { status: NodeStatus }) {
  const { label, icon: Icon, text } = stateLook(status.state);
  const words = [label, againWords(status), status.cached && "from cache", status.reason].filter(Boolean);
  return (
    <Tooltip label={words.join(" · ")}>
      <span
        className={clsx("shrink-0", text)}
        data-testid="node-state"
        data-state={status.state}
      >
        <Icon className={clsx("size-4", status.state === "running" && "animate-spin")} aria-hidden />
        <span className="sr-only">{words.join(", ")}</span>
      </span>
    </Tooltip>
  );
}

/** How long it has been running or ran, and in which attempt. */
export function NodeTime({ status }: { status: NodeStatus }) {
  const again = againWords(status);
  const origin = status.cached ? "cached" : status.kept ? "kept" : null;
  if (!status.startedAt && !again && !origin) return null;
  return (
    <span className={clsx("shrink-0", stateLook(status.state).text)}>
      {again && <span title={again}>↻{status.attempt} </span>}
      {origin ?? (status.startedAt && (
        <Duration start={status.startedAt} end={status.endedAt ?? null} />
      ))}
    </span>
  );
}

export function Progress({ status }: { status: NodeStatus }) {
  if (status.state !== "running" || typeof status.progress !== "number") return null;
  const percent = Math.round(Math.min(1, Math.max(0, status.progress)) * 100);
  return (
    <div
      role="progressbar"
      aria-label="Progress"
      aria-valuenow={percent}
      className="absolute inset-x-0 bottom-0 h-1 overflow-hidden rounded-b-lg bg-info-soft"
    >
      <div className="h-full bg-info transition-[width] duration-300" style={{ width: `${percent}%` }} />
    </div>
  );
}
