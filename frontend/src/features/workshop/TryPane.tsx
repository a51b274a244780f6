import { useMutation } from "@tanstack/react-query";
import { Play, Square } from "lucide-react";
import { useState } from "react";

import { useNode } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { tryComponentDraft } from "@/api/resources/componentDrafts";
import { cancelRun } from "@/api/resources/runs";
import type { ComponentSpec, DraftContent, RunNode } from "@/api/types";
import { ErrorPane } from "@/features/run/ErrorPane";
import { LogPane } from "@/features/run/log/LogPane";
import { PortValues } from "@/features/run/values/PortValues";
import { findNode, type LiveRun, useLiveRun } from "@/live";
import { Button, Duration, isFinal, type JsonSchema, Loaded, Notice, SchemaForm, StateBadge, Ticks, toast, type UploadFile } from "@/ui";

import { SampleField } from "./SampleField";

/** The only node of a try. */
const NODE = "step";

export interface Trying {
  live: LiveRun;
  node: RunNode | undefined;
  start: () => void;
  busy: boolean;
  error: Error | null;
  runId: string | null;
}

/** The run of the draft on its samples; what is written is saved first. */
export function useTrying(draftId: string, content: DraftContent, flush: () => Promise<boolean>): Trying {
  const [runId, setRunId] = useState<string | null>(null);
  const live = useLiveRun(runId);
  const attempt = useMutation({
    mutationFn: async () => {
      if (!(await flush())) throw new Error("The draft could not be saved, so there is nothing to try yet.");
      return tryComponentDraft(draftId, content.sample ?? { inputs: {}, params: {} });
    },
    onSuccess: ({ run }) => setRunId(run),
  });
  const node = live.run && findNode(live.run, NODE);
  const going = live.run !== undefined && !isFinal(live.run.state);
  const { mutate, isPending } = attempt;
  return {
    live,
    node,
    runId,
    busy: isPending || going,
    error: attempt.error,
    start: () => {
      if (!isPending && !going) mutate();
    },
  };
}

interface TryPaneProps {
  trying: Trying;
  spec: ComponentSpec | null;
  content: DraftContent;
  onSample: (sample: NonNullable<DraftContent["sample"]>) => void;
  uploadFile: UploadFile;
}

/** Sample inputs and parameters, and what the draft makes of them on a worker. */
export function TryPane({ trying, spec, content, onSample, uploadFile }: TryPaneProps) {
  const sample = content.sample ?? { inputs: {}, params: {} };
  const { live, node, runId, busy, error, start } = trying;
  if (!spec) return <p className="p-4 text-muted">It can be tried as soon as it can be read.</p>;
  const schema = spec.parameters as JsonSchema;
  return (
    <div className="flex flex-col gap-4 p-4">
      {spec.inputs.map((port) => (
        <SampleField
          key={`${port.name} ${port.type}`}
          port={port}
          value={sample.inputs[port.name]}
          uploadFile={uploadFile}
          onChange={(value) => {
            const { [port.name]: _old, ...rest } = sample.inputs;
            onSample({ ...sample, inputs: value === undefined ? rest : { ...rest, [port.name]: value } });
          }}
        />
      ))}
      {Object.keys(schema.properties ?? {}).length > 0 && (
        <SchemaForm schema={schema} value={sample.params} uploadFile={uploadFile} onChange={(params) => onSample({ ...sample, params })} />
      )}
      <div className="flex items-center gap-2">
        <Button tone="primary" icon={<Play className="size-4" aria-hidden />} busy={busy} onClick={start} title="Ctrl+Enter">
          Try it
        </Button>
        {runId && live.run && !isFinal(live.run.state) && (
          <Button
            icon={<Square className="size-3.5" aria-hidden />}
            onClick={() => void cancelRun(runId).catch((failed: Error) => toast({ tone: "error", title: "It goes on", description: failed.message }))}
          >
            Stop
          </Button>
        )}
        {node && <StateBadge state={node.state} data-testid="try-state" />}
        {node?.started_at && (
          <span className="text-xs text-muted">
            <Duration start={node.started_at} end={node.ended_at} />
          </span>
        )}
      </div>
      {error && (
        <Notice tone="danger" title="It was not tried">
          {error instanceof ApiProblem && error.problems.length > 0 ? (
            <ul>
              {error.problems.map(({ message }) => (
                <li key={message}>
                  <Ticks text={message} />
                </li>
              ))}
            </ul>
          ) : (
            error.message
          )}
        </Notice>
      )}
      {runId && live.error && (
        <Notice tone="danger" title="What became of it cannot be read" onRetry={live.refetch}>
          {live.error.message}
        </Notice>
      )}
      {runId && node && <Outcome key={runId} runId={runId} node={node} live={live} />}
    </div>
  );
}

function Outcome({ runId, node, live }: { runId: string; node: RunNode; live: LiveRun }) {
  return (
    <>
      {node.error && (
        <div className="-mx-3">
          <ErrorPane error={node.error} />
        </div>
      )}
      {node.reason && !node.error && (
        <p className="text-xs text-muted">
          <Ticks text={node.reason} />
        </p>
      )}
      {node.state === "success" && <Outputs runId={runId} />}
      {(node.attempt > 0 || node.state === "waiting") && (
        <section aria-label="Log of the try" className="flex flex-col gap-1">
          <h3 className="text-xs font-semibold text-muted">Log</h3>
          <div className="h-56 overflow-hidden rounded-md border">
            <LogPane
              key={`${runId}-${node.attempt}`}
              runId={runId}
              node={NODE}
              attempt={node.attempt}
              active={!isFinal(node.state)}
              bus={live.bus}
            />
          </div>
        </section>
      )}
    </>
  );
}

/** Read once it has ended, when they are whole. */
function Outputs({ runId }: { runId: string }) {
  const query = useNode(runId, NODE);
  return (
    <section aria-label="Outputs of the try" className="flex flex-col gap-2">
      <h3 className="text-xs font-semibold text-muted">Outputs</h3>
      <Loaded query={query} what="the outputs">
        {({ outputs }) => <PortValues values={outputs} empty="It has no outputs." />}
      </Loaded>
    </section>
  );
}
