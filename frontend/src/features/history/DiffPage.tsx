import { clsx } from "clsx";
import { lazy, Suspense, useMemo, useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { useDiff, usePipeline, useVersions } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import type { PartChange, Pipeline, VersionDiff } from "@/api/types";
import { CHANGES, type Change } from "@/canvas/status";
import { Button, buttonClass, EmptyState, Loaded, Select, Spinner, useTitle } from "@/ui";
import { FieldChanges } from "./FieldChanges";
import { isEmpty, union } from "./union";

const GraphView = lazy(async () => ({ default: (await import("@/canvas/GraphView")).GraphView }));

/** What became of one version in another: drawn, and field by field. `?from=1&to=2`, `to=draft`. */
export function DiffPage() {
  const { id = "" } = useParams();
  const pipeline = usePipeline(id);
  useTitle(pipeline.data && `Differences · ${pipeline.data.name}`);
  if (pipeline.error instanceof ApiProblem && pipeline.error.status === 404)
    return (
      <EmptyState heading="h1" title="There is no such pipeline">
        It was archived, or it belongs to a team that you are not a member of.
      </EmptyState>
    );
  return (
    <Loaded query={pipeline} what="the pipeline">
      {(data) =>
        data.latest_version === 0 ? (
          <EmptyState heading="h1" title="There is nothing to compare">
            {data.name} was never published. Its first version can be compared with the draft.
          </EmptyState>
        ) : (
          <Compared pipeline={data} />
        )
      }
    </Loaded>
  );
}

function Compared({ pipeline }: { pipeline: Pipeline }) {
  const [params, setParams] = useSearchParams();
  const newest = pipeline.latest_version;
  const asked = params.get("to") ?? "draft";
  const to = asked === "draft" ? null : clamp(Number(asked), 1, newest);
  const from = clamp(Number(params.get("from") ?? (to === null ? newest : to - 1)), to === 1 ? 0 : 1, newest);
  const versions = useVersions(pipeline.id);
  const numbers = versions.data?.results ?? [];
  const options = numbers.map(({ number, message }) => ({ value: String(number), label: message ? `Version ${number}: ${message}` : `Version ${number}` }));
  const set = (next: { from: number; to: number | null }) => setParams({ from: String(next.from), to: next.to === null ? "draft" : String(next.to) }, { replace: true });
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex shrink-0 flex-wrap items-center gap-2 border-b bg-surface px-4 py-2">
        <h1 className="min-w-0 flex-1 truncate text-base font-semibold">
          <Link to={`/pipelines/${pipeline.id}`} className="hover:text-accent hover:underline">
            {pipeline.name}
          </Link>
          <span className="font-normal text-muted"> · what changed</span>
        </h1>
        <Select
          label="From"
          className="w-56"
          value={String(from)}
          options={from === 0 ? [{ value: "0", label: "Nothing" }, ...options] : options}
          onValueChange={(value) => set({ from: Number(value), to })}
        />
        <span className="text-muted" aria-hidden>
          →
        </span>
        <Select
          label="To"
          className="w-56"
          value={to === null ? "draft" : String(to)}
          options={[{ value: "draft", label: "Draft" }, ...options]}
          onValueChange={(value) => set({ from, to: value === "draft" ? null : Number(value) })}
        />
        {to !== null && from > 0 && <Button onClick={() => set({ from: to, to: from })}>Swap</Button>}
        {to !== null && (
          <Link to={`/runs?pipeline=${pipeline.id}&version=${to}`} className={buttonClass()}>
            Runs of version {to}
          </Link>
        )}
        <Link to={`/pipelines/${pipeline.id}/history`} className={buttonClass()}>
          History
        </Link>
      </header>
      <Loaded query={useDiff(pipeline.id, from, to)} what="the differences">
        {(diff) =>
          isEmpty(diff) ? (
            <EmptyState title="They mean the same">
              {from === to ? "This is one and the same version." : "Where nodes stand on the canvas makes no difference."}
            </EmptyState>
          ) : (
            <Differences key={`${from}-${to}`} diff={diff} />
          )
        }
      </Loaded>
    </div>
  );
}

function clamp(number: number, low: number, high: number): number {
  return Number.isInteger(number) ? Math.min(Math.max(number, low), high) : high;
}

function Differences({ diff }: { diff: VersionDiff }) {
  const [selected, setSelected] = useState<string | null>(null);
  const { definition, changes } = useMemo(() => union(diff), [diff]);
  const components = useMemo(() => ({ ...diff.before.components, ...diff.after.components }), [diff]);
  const { nodes, edges, parameters, outputs, settings } = diff.diff;
  return (
    <div className="flex min-h-0 flex-1">
      <div className="min-w-0 flex-1 bg-surface">
        <Suspense fallback={<div className="p-6"><Spinner label="Loading the graph…" /></div>}>
          <GraphView definition={definition} components={components} changes={changes} selected={selected} onSelect={setSelected} label="Both versions, laid over each other" />
        </Suspense>
      </div>
      <aside aria-label="What changed" data-testid="changes" className="flex w-[26rem] shrink-0 flex-col gap-5 overflow-y-auto border-l bg-surface p-4">
        <Summary diff={diff} />
        {nodes.length > 0 && (
          <Section title="Nodes">
            {nodes.map((part) => (
              <PartRow key={part.name} part={part} open={nodes.length <= 4 || selected === part.name} chosen={selected === part.name} onChoose={() => setSelected(part.name)} />
            ))}
          </Section>
        )}
        {edges.length > 0 && (
          <Section title="Edges">
            {edges.map(({ edge, change }, index) => (
              <li key={`${edge}-${index}`} className="flex items-center gap-2">
                <ChangeIcon change={change} />
                <code className="min-w-0 font-mono text-xs break-words">{edge}</code>
              </li>
            ))}
          </Section>
        )}
        {[
          { title: "Parameters", parts: parameters },
          { title: "Outputs", parts: outputs },
        ].map(
          ({ title, parts }) =>
            parts.length > 0 && (
              <Section key={title} title={title}>
                {parts.map((part) => (
                  <PartRow key={part.name} part={part} open />
                ))}
              </Section>
            ),
        )}
        {settings.length > 0 && (
          <section className="flex flex-col gap-2">
            <h2 className="font-semibold">The pipeline itself</h2>
            <FieldChanges fields={settings} />
          </section>
        )}
      </aside>
    </div>
  );
}

function Summary({ diff: { diff } }: { diff: VersionDiff }) {
  const count = (change: Change) => diff.nodes.filter((node) => node.change === change).length;
  const words = (["added", "removed", "changed"] as const).flatMap((change) => (count(change) > 0 ? [`${count(change)} ${change}`] : []));
  return (
    <p className="text-muted">
      {words.length > 0 ? `Nodes: ${words.join(", ")}.` : "No node differs."}
      {diff.edges.length > 0 && ` Edges: ${diff.edges.length}.`}
    </p>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <h2 className="font-semibold">{title}</h2>
      <ul className="flex flex-col gap-2">{children}</ul>
    </section>
  );
}

interface PartRowProps {
  part: PartChange;
  open: boolean;
  chosen?: boolean;
  onChoose?: () => void;
}

function PartRow({ part, open, chosen = false, onChoose }: PartRowProps) {
  return (
    <li className={clsx("rounded-md border", chosen && "border-accent")}>
      <details open={open} key={String(open)}>
        <summary className="flex cursor-pointer items-center gap-2 px-2.5 py-1.5" onClick={onChoose}>
          <ChangeIcon change={part.change} />
          <code className="min-w-0 flex-1 truncate font-mono text-xs font-semibold">{part.name}</code>
          <span className="text-2xs text-muted">{part.fields.length === 1 ? "1 field" : `${part.fields.length} fields`}</span>
        </summary>
        <div className="border-t p-2.5">
          <FieldChanges fields={part.fields} />
        </div>
      </details>
    </li>
  );
}

function ChangeIcon({ change }: { change: Change }) {
  const { icon: Icon, label, text } = CHANGES[change];
  return (
    <span className={clsx("shrink-0", text)} title={label}>
      <Icon className="size-3.5" aria-hidden />
      <span className="sr-only">{label}</span>
    </span>
  );
}
