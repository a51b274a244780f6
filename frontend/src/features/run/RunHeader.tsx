import { useMutation } from "@tanstack/react-query";
import { CircleStop, Copy, Download, SquarePen, StepForward } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { bundleUrl } from "@/api/resources/bundles";
import { cancelRun } from "@/api/resources/runs";
import type { Run } from "@/api/types";
import { resumable } from "@/features/rerun/questions";
import { modeInWords } from "@/features/rerun/words";
import { Button, buttonClass, Duration, isFinal, RelativeTime, StateBadge, Ticks, toast } from "@/ui";
import { CloneDialog } from "./CloneDialog";
import { PinButton } from "./PinButton";
import { ParentCrumbs } from "./ParentCrumbs";
import { starterName, triggerWords } from "./starter";

export interface RunHeaderProps {
  run: Run;
  onChanged: () => void;
  onResume: () => void;
}

export function RunHeader({ run, onChanged, onResume }: RunHeaderProps) {
  const [cloning, setCloning] = useState(false);
  const cancel = useMutation({
    mutationFn: () => cancelRun(run.id),
    onSuccess: onChanged,
    onError: (error) => toast({ tone: "error", title: "The run was not cancelled", description: error.message }),
  });
  const ended = isFinal(run.state);
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b bg-surface px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <ParentCrumbs run={run} />
        <div className="flex items-center gap-2">
          <h1 className="truncate text-lg font-semibold">
            <Link to={`/pipelines/${run.pipeline.id}`} className="hover:text-accent hover:underline">
              {run.pipeline.name}
            </Link>{" "}
            <span className="font-normal text-muted tabular-nums">#{run.number}</span>
          </h1>
          <StateBadge state={run.state} data-testid="run-state" />
          <span className="text-muted">
            <Duration start={run.started_at} end={run.ended_at} />
          </span>
        </div>
        <p className="flex flex-wrap gap-x-1 text-xs text-muted">
          <Link to={`/pipelines/${run.pipeline.id}?version=${run.version}`} className="underline decoration-line-strong hover:text-accent">
            Version {run.version}
          </Link>
          <span>
            · {triggerWords(run)} by {starterName(run)} <RelativeTime at={run.created_at} />
          </span>
          {run.cloned_from && (
            <span>
              · from{" "}
              <Link to={`/runs/${run.cloned_from}`} className="underline decoration-line-strong hover:text-accent">
                {run.clone_of ? `run #${run.clone_of.number}` : "an earlier run"}
              </Link>
            </span>
          )}
          {run.origin && run.mode && (
            <span data-testid="origin">
              · <Ticks text={modeInWords(run.mode, run.chosen)} />
              {run.mode === "resume" ? " " : ", with results of "}
              <Link to={`/runs/${run.origin.id}`} className="underline decoration-line-strong hover:text-accent">
                run #{run.origin.number}
              </Link>
            </span>
          )}
          {run.pinned && (
            <span data-testid="pinned">
              · pinned by {run.pinned.by ?? "somebody who has left"}: {run.pinned.reason}
            </span>
          )}
          {run.reason && (
            <span>
              · <Ticks text={run.reason} />
            </span>
          )}
        </p>
      </div>
      <div className="flex items-center gap-2">
        {!ended && (
          <Button
            tone="danger"
            busy={cancel.isPending}
            icon={<CircleStop className="size-4" aria-hidden />}
            onClick={() => cancel.mutate()}
          >
            Cancel
          </Button>
        )}
        <PinButton run={run} onChanged={onChanged} />
        <Link to={`/pipelines/${run.pipeline.id}?from_run=${run.id}`} className={buttonClass()}>
          <SquarePen className="size-4" aria-hidden />
          Open in editor
        </Link>
        <a href={bundleUrl(run.id)} download className={buttonClass()} title="All that this run needs, in one file">
          <Download className="size-4" aria-hidden />
          Bundle
        </a>
        <Button
          tone={resumable(run) ? "secondary" : "primary"}
          icon={<Copy className="size-4" aria-hidden />}
          onClick={() => setCloning(true)}
        >
          Clone
        </Button>
        {resumable(run) && (
          <Button tone="primary" icon={<StepForward className="size-4" aria-hidden />} onClick={onResume}>
            Resume
          </Button>
        )}
      </div>
      <CloneDialog run={run} open={cloning} onClose={() => setCloning(false)} />
    </header>
  );
}
