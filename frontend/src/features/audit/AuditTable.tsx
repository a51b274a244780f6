import { Link } from "react-router";
import type { AuditEntry } from "@/api/types";
import { Badge, RelativeTime, TABLE, TABLE_BOX, TD, TH } from "@/ui";

export function AuditTable({ rows, onChoose }: { rows: AuditEntry[]; onChoose: (filters: Record<string, string>) => void }) {
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>When</th>
            <th className={TH}>Who</th>
            <th className={TH}>What</th>
            <th className={TH}>Of what</th>
            <th className={TH}>Change</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((entry) => (
            <tr key={entry.id} className="group align-top">
              <td className={`${TD} whitespace-nowrap text-muted`}>
                <RelativeTime at={entry.at} />
              </td>
              <td className={TD}>
                <span className="font-medium">{entry.actor || (entry.actor_kind === "system" ? "Penstock" : "nobody signed in")}</span>
                <span className="block text-xs text-muted">{[entry.token && `token ${entry.token}`, entry.ip].filter(Boolean).join(" · ")}</span>
              </td>
              <td className={TD}>
                <span className="font-mono text-xs">{entry.action}</span> {entry.outcome === "denied" && <Badge tone="danger">denied</Badge>}
              </td>
              <td className={`${TD} max-w-64`}>
                {entry.object_id ? (
                  <button
                    type="button"
                    className="max-w-full truncate text-accent underline"
                    title="Show everything that was done to it"
                    onClick={() => onChoose({ object_type: entry.object_type, object_id: entry.object_id })}
                  >
                    {entry.object_name || entry.object_id}
                  </button>
                ) : (
                  <span className="text-muted">{entry.object_name}</span>
                )}
                <span className="block text-xs text-muted">{entry.object_type}</span>
              </td>
              <td className={`${TD} max-w-96`}>
                <Change before={entry.before} after={entry.after} />
                <DiffLink entry={entry} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** From a published version to what it changed, from an edit to the pipeline's history. */
function DiffLink({ entry: { action, object_id: id, after, outcome } }: { entry: AuditEntry }) {
  if (outcome !== "done" || !id) return null;
  if (action === "pipeline.edit")
    return (
      <Link to={`/pipelines/${id}/history`} className="text-xs text-accent underline">
        History of the pipeline
      </Link>
    );
  const version = typeof after === "object" && after !== null && "version" in after ? Number(after.version) : 0;
  if (action !== "pipeline.publish" || !version) return null;
  return (
    <Link to={`/pipelines/${id}/diff?from=${version - 1}&to=${version}`} className="text-xs text-accent underline">
      What version {version} changed
    </Link>
  );
}

/** One line, and all of it on demand. */
function Change({ before, after }: { before: unknown; after: unknown }) {
  if (before === null && after === null) return null;
  const line = [before, after].filter((side) => side !== null).map((side) => JSON.stringify(side)).join(" → ");
  return (
    <details>
      <summary className="cursor-pointer truncate font-mono text-xs text-muted">{line}</summary>
      <pre className="mt-1 max-h-80 overflow-auto rounded-md bg-inset p-2 font-mono text-xs whitespace-pre-wrap" tabIndex={0}>
        {before !== null && `before ${JSON.stringify(before, null, 2)}\n`}
        {after !== null && `after ${JSON.stringify(after, null, 2)}`}
      </pre>
    </details>
  );
}
