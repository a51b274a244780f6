import { lazy, Suspense, useCallback, useMemo } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { ApiProblem } from "@/api/problem";
import type { Run } from "@/api/types";
import { RerunDialog } from "@/features/rerun/RerunDialog";
import { nodeMenu, resumeQuestion } from "@/features/rerun/questions";
import { useRerun } from "@/features/rerun/useRerun";
import { type LiveRun, useLiveRun } from "@/live";
import { EmptyState, formatNumber, Loaded, Spinner, type TabItem, Tabs, useTitle } from "@/ui";
import { ArtifactsTab } from "./ArtifactsTab";
import { HistoryList } from "@/features/history/HistoryList";
import { EventsTab } from "./EventsTab";
import { LiveNotice } from "./LiveNotice";
import { graphNode } from "./items";
import { NodeDrawer } from "./NodeDrawer";
import { ParametersTab } from "./ParametersTab";
import { RunHeader } from "./RunHeader";
import { SidePane } from "./SidePane";
import { Timeline } from "./Timeline";
import { useOpenChild } from "./useOpenChild";
import { WaitingNotice } from "./WaitingNotice";

const RunGraph = lazy(() => import("./RunGraph"));

/** One run: the graph as it was then, coloured by what happens now. */
export function RunPage() {
  const { id = "" } = useParams();
  return <LiveRunPage key={id} id={id} />;
}

function LiveRunPage({ id }: { id: string }) {
  const live = useLiveRun(id);
  const { run, error } = live;
  useTitle(run && `${run.pipeline.name} #${run.number}`);
  if (!run && error instanceof ApiProblem && error.status === 404)
    return (
      <EmptyState heading="h1" title="There is no such run">
        It may have been removed, or it belongs to a team you are not a member of.
      </EmptyState>
    );
  return (
    <Loaded
      query={{ data: run, error: run ? null : error, isFetching: live.refetching, refetch: live.refetch }}
      what="the run"
    >
      {(data) => <RunView run={data} live={live} />}
    </Loaded>
  );
}

function RunView({ run, live }: { run: Run; live: LiveRun }) {
  const [params, setParams] = useSearchParams();
  const tab = params.get("tab") ?? "graph";
  const node = params.get("node");

  const set = useCallback(
    (name: string, value: string | null) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          if (value) next.set(name, value);
          else next.delete(name);
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  const select = useCallback((id: string | null) => set("node", id), [set]);
  const navigate = useNavigate();
  const { question, fates, ask, close, show } = useRerun();
  const menu = useMemo(() => nodeMenu(run, node, ask), [run, node, ask]);

  const openChild = useOpenChild(run.id);

  const items = useMemo<TabItem[]>(
    () => [
      {
        id: "graph",
        label: "Graph",
        content: (
          <Suspense fallback={<div className="p-6"><Spinner label="Loading the graph…" /></div>}>
            <RunGraph run={run} selected={node && graphNode(node)} onSelect={select} onOpen={openChild} fates={fates} menu={menu} />
          </Suspense>
        ),
      },
      { id: "timeline", label: "Timeline", content: <Timeline run={run} selected={node} onSelect={select} /> },
      { id: "events", label: "Events", content: <EventsTab run={run} bus={live.bus} onSelect={select} /> },
      { id: "artifacts", label: "Artifacts", content: <ArtifactsTab run={run} onSelect={select} /> },
      { id: "parameters", label: "Parameters", content: <ParametersTab run={run} /> },
      {
        id: "history",
        label: "History",
        content: (
          <div className="flex flex-col gap-2 p-4">
            <HistoryList kind="run" id={run.id} pageSize={50} />
          </div>
        ),
      },
    ],
    [run, node, select, openChild, live.bus, fates, menu],
  );

  return (
    <div className="flex h-full min-h-0 flex-col">
      <RunHeader run={run} onChanged={live.refetch} onResume={() => ask(resumeQuestion(run))} />
      <LiveNotice live={live} />
      <WaitingNotice run={run} shown={node} onSelect={select} />
      <div className="flex min-h-0 flex-1">
        <Tabs
          label="Views of the run"
          className="min-w-0 flex-1 bg-surface"
          items={items}
          value={items.some(({ id }) => id === tab) ? tab : "graph"}
          onValueChange={(next) => set("tab", next === "graph" ? null : next)}
          extra={<Progress run={run} />}
        />
        {node && (
          <SidePane label="Node">
            <NodeDrawer live={live} nodeId={node} menu={menu} onOpen={select} onClose={() => select(null)} />
          </SidePane>
        )}
      </div>
      <RerunDialog
        question={question}
        team={run.team}
        onClose={close}
        onOutlook={show}
        onStarted={(fresh) => void navigate(`/runs/${fresh.id}`)}
      />
    </div>
  );
}

function Progress({ run }: { run: Run }) {
  const counts = run.node_counts;
  const total = run.nodes.length;
  const done = (counts.success ?? 0) + (counts.failed ?? 0) + (counts.skipped ?? 0) + (counts.cancelled ?? 0);
  return (
    <span role="status" className="shrink-0 pr-1 pl-3 text-xs text-muted tabular-nums">
      {formatNumber(done)} of {formatNumber(total)} nodes done
      {counts.failed ? <span className="text-danger">, {formatNumber(counts.failed)} failed</span> : null}
    </span>
  );
}
