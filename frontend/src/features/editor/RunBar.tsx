import { useMutation } from "@tanstack/react-query";
import { CircleStop, ExternalLink, StepForward, X } from "lucide-react";
import { Link } from "react-router";

import { cancelRun } from "@/api/resources/runs";
import { resumable } from "@/features/rerun/questions";
import { Button, buttonClass, Duration, IconButton, isFinal, StateBadge, stateLook, Ticks, toast } from "@/ui";

import { useEditor } from "./context";

const ORDER = ["running", "queued", "waiting", "success", "failed", "skipped", "cancelled"] as const;

/** The run that is shown on the canvas: how it goes, and the way to its page. */
export function RunBar() {
  const { actions, live, mayRun, runId, showRun } = useEditor();
  const { run, error, refetch, status } = live;
  const cancel = useMutation({
    mutationFn: () => cancelRun(runId ?? ""),
    onSuccess: () => refetch(),
    onError: (problem) => toast({ tone: "error", title: "The run was not cancelled", description: problem.message }),
  });
  if (!runId) return null;
  const close = <IconButton label="Stop showing the run" size="sm" icon={<X />} onClick={() => showRun(null)} />;
  if (!run) {
    return (
      <div className="flex h-9 shrink-0 items-center gap-2 border-b bg-surface px-3 text-muted">
        <span className="flex-1 truncate">{error ? `The run could not be read: ${error.message}` : "Reading the run…"}</span>
        {error && <Button size="sm" onClick={refetch}>Try again</Button>}
        {close}
      </div>
    );
  }
  const late = status !== "live" && status !== "closed" && !isFinal(run.state);
  return (
    <div
      data-testid="run-bar"
      className="flex h-9 shrink-0 items-center gap-2.5 border-b bg-surface px-3 text-xs text-muted"
    >
      <span className="font-semibold whitespace-nowrap text-ink tabular-nums">Run #{run.number}</span>
      <StateBadge state={run.state} data-testid="run-state" />
      <Duration start={run.started_at} end={run.ended_at} />
      <span className="flex min-w-0 items-center gap-2.5 overflow-hidden">
        {ORDER.map((state) => {
          const count = run.node_counts[state];
          if (!count) return null;
          const { icon: Icon, text, label } = stateLook(state);
          return (
            <span key={state} className={`flex items-center gap-1 tabular-nums ${text}`} title={`${count} ${label}`}>
              <Icon className="size-3.5" aria-hidden />
              {count}
              <span className="sr-only">{label}</span>
            </span>
          );
        })}
      </span>
      {run.reason && (
        <span className="truncate" title={run.reason}>
          <Ticks text={run.reason} />
        </span>
      )}
      {late && <span className="text-warning">reconnecting…</span>}
      <span className="flex-1" />
      {!isFinal(run.state) && (
        <Button
          size="sm"
          tone="danger"
          busy={cancel.isPending}
          icon={<CircleStop className="size-3.5" aria-hidden />}
          onClick={() => cancel.mutate()}
        >
          Cancel run
        </Button>
      )}
      {mayRun && resumable(run) && (
        <Button
          size="sm"
          tone="primary"
          icon={<StepForward className="size-3.5" aria-hidden />}
          onClick={() => actions.around.askRerun("resume", new Set())}
        >
          Resume
        </Button>
      )}
      <Link to={`/runs/${run.id}`} className={buttonClass("ghost", "sm")}>
        <ExternalLink className="size-3.5" aria-hidden />
        Open run page
      </Link>
      {close}
    </div>
  );
}
