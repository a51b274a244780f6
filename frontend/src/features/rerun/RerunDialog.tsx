import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useState } from "react";

import { usePipeline } from "@/api/hooks";
import { previewRerun, type Rerun, startRerun } from "@/api/resources/reruns";
import type { ComponentSpec, Outlook, Run } from "@/api/types";
import { Button, Dialog, Notice, Select, Spinner, Ticks, toast } from "@/ui";

import { OutlookLists } from "./OutlookLists";
import { changedParams, ParamsForm } from "./ParamsForm";
import { titleOf } from "./words";

export interface RerunQuestion extends Rerun {
  /** The number of the run that results are kept of. */
  number: number | null;
  /** The version of that run, to choose it or a newer one; left out where there is no choice. */
  ranVersion?: number;
  /** For a retry: the node's component, and its parameters as they were. */
  retry?: { node: string; spec: ComponentSpec; params: Record<string, unknown> };
}

export interface RerunDialogProps {
  question: RerunQuestion | null;
  team: string;
  onClose: () => void;
  /** Gets what would be kept and what would run, to show it on the graph as well. */
  onOutlook: (outlook: Outlook | undefined) => void;
  onStarted: (run: Run) => void;
}

/** Before anything starts: which nodes run, which keep their results, which are left out. */
export function RerunDialog({ question, onClose, ...rest }: RerunDialogProps) {
  return (
    <Dialog
      open={question !== null}
      onOpenChange={(next) => !next && onClose()}
      beside
      title={question && <Ticks text={titleOf(question, question.number)} />}
      description={
        question?.number == null
          ? "A new run of these nodes and all that they need."
          : `A new run; run #${question.number} stays as it is.`
      }
    >
      {question && <RerunForm question={question} onClose={onClose} {...rest} />}
    </Dialog>
  );
}

function RerunForm({ question, team, onClose, onOutlook, onStarted }: RerunDialogProps & { question: RerunQuestion }) {
  const queryClient = useQueryClient();
  const [version, setVersion] = useState(question.version);
  const [params, setParams] = useState(question.retry?.params ?? {});
  const { pipeline, run, mode, nodes, retry } = question;
  const changed = useMemo(() => retry && { [retry.node]: changedParams(retry.params, params) }, [retry, params]);
  const rerun = useMemo<Rerun>(
    () => ({ pipeline, run, mode, nodes, version, ...(changed ? { params: changed } : {}) }),
    [pipeline, run, mode, nodes, version, changed],
  );
  const asked = useDeferredValue(rerun);
  const preview = useQuery({
    queryKey: ["rerun", asked],
    queryFn: ({ signal }) => previewRerun(asked, signal),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: () => startRerun(rerun),
    onSuccess: (fresh) => {
      void queryClient.invalidateQueries({ queryKey: ["runs"] });
      onClose();
      toast({ tone: "success", title: `Run #${fresh.number} has started` });
      onStarted(fresh);
    },
  });
  const outlook = preview.error ? undefined : preview.data;
  useEffect(() => onOutlook(outlook), [outlook, onOutlook]);
  const error = start.error ?? preview.error;
  const count = outlook?.counts.run ?? 0;
  const same = retry !== undefined && Object.keys(changed?.[retry.node] ?? {}).length === 0;
  return (
    <form
      data-testid="rerun"
      className="flex flex-col gap-4 pt-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (outlook && !same && !start.isPending) start.mutate();
      }}
    >
      {retry && <ParamsForm spec={retry.spec} team={team} value={params} onChange={setParams} error={error} />}
      {question.ranVersion !== undefined && (
        <VersionField pipeline={pipeline} ran={question.ranVersion} value={version} onChange={setVersion} />
      )}
      {error ? (
        <Notice tone="danger" title="It cannot run like this">
          <Refusal error={error} />
        </Notice>
      ) : outlook ? (
        <OutlookLists outlook={outlook} />
      ) : (
        <Spinner label="Looking at what can be kept…" />
      )}
      <div className="sticky -bottom-4 -mx-5 -mb-4 flex items-center justify-end gap-2 border-t bg-raised px-5 py-3">
        {same && <span className="flex-1 text-xs text-muted">Change a parameter first.</span>}
        <Button onClick={onClose}>Not now</Button>
        <Button
          type="submit"
          tone="primary"
          busy={start.isPending}
          disabled={!outlook || same}
          icon={<Play className="size-4" aria-hidden />}
        >
          {count === 1 ? "Run 1 node" : `Run ${count} nodes`}
        </Button>
      </div>
    </form>
  );
}

function Refusal({ error }: { error: Error }) {
  const problems = "problems" in error ? (error.problems as { message: string }[]) : [];
  if (problems.length < 2) return <Ticks text={problems[0]?.message ?? error.message} />;
  return (
    <ul className="list-disc pl-4">
      {problems.map(({ message }) => (
        <li key={message}>
          <Ticks text={message} />
        </li>
      ))}
    </ul>
  );
}

interface VersionFieldProps {
  pipeline: string;
  ran: number;
  value: Rerun["version"];
  onChange: (version: Rerun["version"]) => void;
}

/** As it ran, the newest version, or the draft with what was mended since. */
function VersionField({ pipeline, ran, value, onChange }: VersionFieldProps) {
  const latest = usePipeline(pipeline).data?.latest_version ?? ran;
  const options = [{ value: String(ran), label: `Version ${ran}, as it ran` }];
  if (latest > ran) options.push({ value: String(latest), label: `Version ${latest}, the newest` });
  options.push({ value: "draft", label: "The draft, as it is now" });
  return (
    <label className="flex items-center gap-3 text-xs font-medium">
      Run
      <Select
        label="Which version runs"
        className="flex-1"
        value={String(value ?? ran)}
        options={options}
        onValueChange={(next) => onChange(next === "draft" ? "draft" : Number(next))}
      />
    </label>
  );
}
