import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Eraser } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { keys, useCleanUpPreview, useCleanUps } from "@/api/hooks";
import { askForCleanUp } from "@/api/resources/keeping";
import type { CleanUp, CleanUpPreview } from "@/api/types";
import { Button, Dialog, formatBytes, formatNumber, Loaded, Notice, Pager, RelativeTime, TABLE, TABLE_BOX, TD, TH } from "@/ui";

/** What would go now, what went, and the button that does not wait for the night. */
export function CleanUps({ team, mayClean }: { team: string; mayClean: boolean }) {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  return (
    <>
      <section aria-label="What would be cleaned up now" className="flex flex-col gap-2">
        <h2 className="font-semibold">What would be cleaned up now</h2>
        <Loaded query={useCleanUpPreview(team)} what="the preview">
          {(preview) => <Preview team={team} preview={preview} mayClean={mayClean} />}
        </Loaded>
      </section>
      <section aria-label="Clean-ups" className="flex flex-col gap-2">
        <h2 className="font-semibold">Clean-ups</h2>
        <Loaded query={useCleanUps(team, page)} what="the clean-ups">
          {(data) =>
            data.count === 0 ? (
              <p className="text-muted">There was none yet. The scheduler cleans up once a day.</p>
            ) : (
              <>
                <CleanUpTable rows={data.results} />
                <div className="flex justify-end">
                  <Pager page={page} pageSize={10} total={data.count} what="clean-ups" onPage={(next) => setParams(next > 1 ? { page: String(next) } : {})} />
                </div>
              </>
            )
          }
        </Loaded>
      </section>
    </>
  );
}

function Preview({ team, preview, mayClean }: { team: string; preview: CleanUpPreview; mayClean: boolean }) {
  const [asking, setAsking] = useState(false);
  const queryClient = useQueryClient();
  const clean = useMutation({
    mutationFn: () => askForCleanUp(team),
    onSuccess: () => {
      setAsking(false);
      void queryClient.invalidateQueries({ queryKey: keys.team(team) });
    },
  });
  const { runs, logs, artifacts } = preview;
  const pipelines = Object.entries(preview.pipelines);
  return (
    <>
      {runs + logs + artifacts === 0 ? (
        <p className="text-muted">Nothing{preview.referenced > 0 ? "" : ": all that there is, is kept"}.</p>
      ) : (
        <ul className="list-disc pl-5" data-testid="preview">
          {runs > 0 && (
            <li>
              {preview.complete ? "" : "more than "}
              {count(runs, "run")} with their logs and results
              {pipelines.length > 0 && `: ${pipelines.map(([name, number]) => `${formatNumber(number)} of ${name}`).join(", ")}`}
            </li>
          )}
          {logs > 0 && (
            <li>
              the logs of {count(logs, "run")}, {formatBytes(preview.log_bytes)}
            </li>
          )}
          {artifacts > 0 && (
            <li>
              {count(artifacts, "artifact")} that nothing refers to, {formatBytes(preview.artifact_bytes)}
            </li>
          )}
        </ul>
      )}
      {preview.referenced > 0 && (
        <p className="text-xs text-muted">
          {count(preview.referenced, "run")} that {preview.referenced === 1 ? "is" : "are"} old enough {preview.referenced === 1 ? "stays" : "stay"},
          because kept runs were cloned from {preview.referenced === 1 ? "it" : "them"} or use {preview.referenced === 1 ? "its" : "their"} results.
        </p>
      )}
      {mayClean && (
        <div>
          <Button icon={<Eraser className="size-4" aria-hidden />} onClick={() => setAsking(true)}>
            Clean up now
          </Button>
        </div>
      )}
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title="Clean up now?"
        description="What the retention of this team does not keep is deleted for good. The scheduler begins within seconds; the audit log tells what it freed."
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Not now</Button>
            <Button tone="danger" busy={clean.isPending} onClick={() => clean.mutate()}>
              Clean up
            </Button>
          </>
        }
      >
        {clean.error && (
          <Notice tone="danger" title="It was not asked for">
            {clean.error.message}
          </Notice>
        )}
      </Dialog>
    </>
  );
}

function CleanUpTable({ rows }: { rows: CleanUp[] }) {
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>When</th>
            <th className={TH}>Asked for by</th>
            <th className={TH}>Runs</th>
            <th className={TH}>Logs</th>
            <th className={TH}>Artifacts</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} className="group">
              <td className={TD}>
                <RelativeTime at={row.started_at ?? row.asked_at} />
                {!row.ended_at && <span className="ml-2 text-xs text-muted">{row.started_at ? "at work…" : "begins soon…"}</span>}
              </td>
              <td className={`${TD} text-muted`}>{row.asked_by?.username ?? (row.day ? "every day" : "the command line")}</td>
              <td className={`${TD} tabular-nums`}>{formatNumber(row.freed.runs)}</td>
              <td className={`${TD} tabular-nums`}>{formatBytes(row.freed.log_bytes)}</td>
              <td className={`${TD} tabular-nums`}>
                {formatNumber(row.freed.artifacts)} <span className="text-muted">({formatBytes(row.freed.artifact_bytes)})</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function count(number: number, word: string): string {
  return `${formatNumber(number)} ${word}${number === 1 ? "" : "s"}`;
}
