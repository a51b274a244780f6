import type { ReactNode } from "react";
import { useSearchParams } from "react-router";
import { useHistory } from "@/api/hooks";
import type { HistoryEntry } from "@/api/types";
import { isObject } from "@/graph/read";
import { formatDateTime, Loaded, Pager, RelativeTime } from "@/ui";
import { actionWords, type Group, grouped, touched, versionOf, who } from "./groups";

export interface HistoryListProps {
  kind: "pipeline" | "component" | "run";
  id: string;
  /** How many entries the server gives at a time. */
  pageSize: number;
  /** What can be looked at from an entry. */
  links?: (entry: HistoryEntry) => ReactNode;
}

/** Who did what to one thing, newest first. */
export function HistoryList({ kind, id, pageSize, links }: HistoryListProps) {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  return (
    <Loaded query={useHistory(kind, id, page)} what="the history">
      {({ results, count }) => (
        <>
          {count === 0 && <p className="text-muted">Nothing is told of it.</p>}
          <ol className="flex flex-col divide-y rounded-lg border bg-surface" data-testid="history-list">
            {grouped(results).map((group) => (
              <Row key={group.newest.id} group={group} links={links} />
            ))}
          </ol>
          {count > pageSize && (
            <div className="flex justify-end">
              <Pager
                page={page}
                pageSize={pageSize}
                total={count}
                what="entries"
                onPage={(next) =>
                  setParams((old) => {
                    const fresh = new URLSearchParams(old);
                    fresh.set("page", String(next));
                    return fresh;
                  })
                }
              />
            </div>
          )}
        </>
      )}
    </Loaded>
  );
}

function Row({ group, links }: { group: Group; links?: HistoryListProps["links"] }) {
  const { newest, entries } = group;
  const version = newest.action.endsWith(".publish") ? versionOf(newest) : null;
  const message = isObject(newest.after) && typeof newest.after.message === "string" ? newest.after.message : "";
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-1 px-3 py-2">
      <div className="min-w-0 flex-1">
        <p>
          <strong className="font-medium">{who(newest)}</strong> {actionWords(newest)}
          {version !== null && ` version ${version}`}
          {entries.length > 1 && <span className="text-muted"> · saved {entries.length} times</span>}
        </p>
        {message && <p className="break-words">{message}</p>}
        {newest.action === "pipeline.edit" && <p className="text-xs text-muted">{editWords(group)}</p>}
        <p className="text-xs text-muted">
          <RelativeTime at={newest.at} /> · {formatDateTime(newest.at)}
          {newest.token && ` · token ${newest.token}`}
          {newest.ip && ` · from ${newest.ip}`}
        </p>
        {(newest.before !== null || newest.after !== null) && <Details entries={entries} />}
      </div>
      {links?.(newest)}
    </li>
  );
}

function editWords(group: Group): string {
  const { nodes, others, onlyMoved } = touched(group);
  if (onlyMoved) return "Moved nodes";
  const shown = nodes.length > 8 ? [...nodes.slice(0, 7), `${nodes.length - 7} more`] : nodes;
  return [shown.length > 0 && `Nodes ${shown.join(", ")}`, others.length > 0 && others.join(", ")].filter(Boolean).join("; ");
}

function Details({ entries }: { entries: HistoryEntry[] }) {
  return (
    <details className="text-xs">
      <summary className="cursor-pointer text-muted">What exactly</summary>
      <div className="mt-1 flex max-h-80 flex-col gap-2 overflow-auto" tabIndex={0}>
        {entries.map(({ id, before, after }) => (
          <pre key={id} className="rounded-md bg-inset p-2 font-mono whitespace-pre-wrap">
            {before !== null && `before ${JSON.stringify(before, null, 2)}\n`}
            {after !== null && `after ${JSON.stringify(after, null, 2)}`}
          </pre>
        ))}
      </div>
    </details>
  );
}
