import { Pin } from "lucide-react";
import { Link } from "react-router";
import type { NodeState, RunRow } from "@/api/types";
import { originWords, starterName } from "@/features/run/starter";
import { Duration, RelativeTime, StateBadge, stateLook, TABLE, TABLE_BOX, TD, TH, Ticks } from "@/ui";

export function RunTable({ rows }: { rows: RunRow[] }) {
  return (
    <div className={TABLE_BOX}>
      <table className={`${TABLE} min-w-[44rem]`}>
        <thead>
          <tr>
            <th className={TH}>Run</th>
            <th className={TH}>State</th>
            <th className={TH}>Nodes</th>
            <th className={TH}>Duration</th>
            <th className={TH}>Started by</th>
            <th className={TH}>When</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((run) => (
            <tr key={run.id} className="group hover:bg-hover/50">
              <td className={`${TD} w-[38%] max-w-0`}>
                <Link to={`/runs/${run.id}`} className="flex items-baseline gap-1.5 hover:text-accent">
                  <span className="truncate font-medium group-hover:underline">{run.pipeline.name}</span>
                  <span className="text-muted tabular-nums">#{run.number}</span>
                  <span className="text-xs text-faint">v{run.version}</span>
                  {run.pinned && (
                    <span title={`Pinned by ${run.pinned.by ?? "somebody who has left"}: ${run.pinned.reason}`} className="self-center">
                      <Pin className="size-3.5 text-muted" aria-label="Pinned" />
                    </span>
                  )}
                </Link>
                {run.reason && <span className="block truncate text-xs text-muted"><Ticks text={run.reason} /></span>}
              </td>
              <td className={TD}>
                <StateBadge state={run.state} />
              </td>
              <td className={TD}>
                <NodeCounts counts={run.node_counts} />
              </td>
              <td className={`${TD} text-muted`}>
                <Duration start={run.started_at} end={run.ended_at} />
              </td>
              <td className={`${TD} max-w-52 text-muted`}>
                <span className="block truncate" title={starterName(run)}>
                  {starterName(run)}
                </span>
                {run.trigger !== "manual" && <span className="block truncate text-xs text-faint">{originWords(run)}</span>}
              </td>
              <td className={`${TD} text-muted`}>
                <RelativeTime at={run.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ORDER: NodeState[] = ["success", "failed", "cancelled", "skipped", "running", "waiting", "queued", "pending"];

/** A bar that shows at a glance how far a run is; the words are in its name. */
export function NodeCounts({ counts }: { counts: RunRow["node_counts"] }) {
  const present = ORDER.flatMap((state) => {
    const count = counts[state] ?? 0;
    return count > 0 ? [{ state, count }] : [];
  });
  const total = present.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const words = present.map(({ state, count }) => `${count} ${stateLook(state).label.toLowerCase()}`).join(", ");
  const done = total - (counts.pending ?? 0) - (counts.queued ?? 0) - (counts.running ?? 0) - (counts.waiting ?? 0);
  return (
    <span className="inline-flex items-center gap-2" title={words}>
      <span role="img" aria-label={words} className="flex h-1.5 w-20 overflow-hidden rounded-full bg-neutral-soft">
        {present.map(({ state, count }) => (
          <span
            key={state}
            className={state === "pending" || state === "skipped" ? "bg-line-strong" : stateLook(state).fill}
            style={{ width: `${(count / total) * 100}%` }}
          />
        ))}
      </span>
      <span className="text-xs text-muted tabular-nums">
        {done}/{total}
      </span>
    </span>
  );
}
