import { clsx } from "clsx";

import { Duration, stateLook, Tooltip } from "@/ui";

import type { NodeStatus } from "./status";

/** The state of a node in a run: icon, word for those who cannot see it, time, attempt. */
export function NodeState({ status }: { status: NodeStatus }) {
  const { label, icon: Icon, text } = stateLook(status.state);
  const again = status.attempt > 1 ? `attempt ${status.attempt}` : "";
  const of = again && status.maxAttempts ? ` of ${status.maxAttempts}` : "";
  const words = [label, again + of, status.cached && "from cache", status.reason].filter(Boolean);
  return (
    <Tooltip label={words.join(" · ")}>
      <span
        className={clsx("flex shrink-0 flex-col items-end gap-0.5", text)}
        data-testid="node-state"
        data-state={status.state}
      >
        <Icon className={clsx("size-4", status.state === "running" && "animate-spin")} aria-hidden />
        <span className="sr-only">{words.join(", ")}</span>
        {(status.startedAt || again) && (
          <span className="text-2xs leading-3">
            {again && <span title={again + of}>↻{status.attempt} </span>}
            {status.cached ? "cached" : status.startedAt && (
              <Duration start={status.startedAt} end={status.endedAt ?? null} />
            )}
          </span>
        )}
      </span>
    </Tooltip>
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
