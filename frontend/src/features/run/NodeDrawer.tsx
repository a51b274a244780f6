import { ChevronRight, RotateCw, X } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { keys, useNode } from "@/api/hooks";
import type { NodeDetail, Run, RunNode } from "@/api/types";
import { findNode, type LiveRun } from "@/live";
import { Button, Duration, formatDateTime, IconButton, isFinal, Loaded, Menu, type MenuEntry, Select, StateBadge, type TabItem, Tabs, Ticks } from "@/ui";
import { ApprovalPanel } from "./ApprovalPanel";
import { AttemptsPane } from "./AttemptsPane";
import { ChildRunsPane } from "./ChildRunsPane";
import { EnvironmentPane } from "./EnvironmentPane";
import { ErrorPane } from "./ErrorPane";
import { parseItem } from "./items";
import { ItemsPane } from "./ItemsPane";
import { LogPane } from "./log/LogPane";
import { MetricsPane } from "./values/MetricsPane";
import { CacheMiss, ReusedFrom } from "./Reuse";
import { PortValues } from "./values/PortValues";
import { reasonBeside } from "./status";

export interface NodeDrawerProps {
  live: LiveRun;
  /** A node of the graph, or an item of a mapped one: `train`, `train[17]`. */
  nodeId: string;
  /** Shows another node in its place: an item, or from an item its node. */
  onOpen: (id: string) => void;
  /** What can be done with the node. */
  menu?: MenuEntry[];
  onClose: () => void;
}

/** All about one node of a run: why it failed, its log, what went in and what came out. */
export function NodeDrawer({ live, nodeId, menu, onOpen, onClose }: NodeDrawerProps) {
  const { run } = live;
  const item = parseItem(nodeId);
  const node = run && findNode(run, nodeId);
  return (
    <section
      aria-label={`Node ${nodeId}`}
      data-testid="node-drawer"
      className="flex h-full min-h-0 flex-col bg-surface"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        onClose();
      }}
    >
      {run && node ? (
        <NodeView key={nodeId} live={live} runId={run.id} node={node} menu={menu} onOpen={onOpen} onClose={onClose} />
      ) : run && item && findNode(run, item.node) ? (
        <ItemView key={nodeId} live={live} runId={run.id} id={nodeId} menu={menu} onOpen={onOpen} onClose={onClose} />
      ) : (
        <div className="flex items-start gap-2 p-4">
          <p className="min-w-0 flex-1 break-words text-muted"><Ticks text={`This run has no node \`${nodeId}\`.`} /></p>
          <IconButton label="Close" size="sm" icon={<X />} onClick={onClose} />
        </div>
      )}
    </section>
  );
}

interface ItemViewProps {
  live: LiveRun;
  runId: string;
  id: string;
  menu?: MenuEntry[];
  onOpen: (id: string) => void;
  onClose: () => void;
}

/** An item stands in no snapshot: it is read by itself. */
function ItemView({ live, runId, id, menu, onOpen, onClose }: ItemViewProps) {
  const query = useNode(runId, id);
  return (
    <Loaded query={query} what="this item">
      {(node) => <NodeView live={live} runId={runId} node={node} menu={menu} onOpen={onOpen} onClose={onClose} />}
    </Loaded>
  );
}

interface NodeViewProps {
  live: LiveRun;
  runId: string;
  node: RunNode;
  menu?: MenuEntry[];
  onOpen: (id: string) => void;
  onClose: () => void;
}

function NodeView({ live, runId, node, menu, onOpen, onClose }: NodeViewProps) {
  const { run } = live;
  const item = parseItem(node.id);
  const query = useFreshNode(live, runId, node);
  /** Chosen once, at the opening: what one reads must not turn into something else. */
  const [opened] = useState(() => firstTab(node));
  /** Whoever watched a step that wrote nothing has nothing to read, and comes for its results. */
  const [silent, setSilent] = useState(false);
  const onSilent = useCallback(() => setSilent(true), []);
  const [chosen, setTab] = useState<string | null>(null);
  const tab = chosen ?? (silent ? firstTab(node) : opened);
  const [picked, setPicked] = useState<number | null>(null);
  const attempt = picked ?? node.attempt;
  /** As the card says it; one that was lost with its worker comes on top of those allowed. */
  const attempts = Math.max(node.attempt, node.max_attempts);
  /** As the card has it. */
  const title = node.title || run?.components[node.component]?.title || item?.node || node.id;
  const beside = node.reused_from ? "" : reasonBeside(node.reason, node.error?.message);
  return (
    <>
      <header className="flex shrink-0 items-start gap-2 border-b px-3 py-2">
        <div className="min-w-0 flex-1">
          <h2 className="flex items-center gap-1 text-base font-semibold">
            {item ? (
              <>
                <button type="button" className="truncate text-accent hover:underline" onClick={() => onOpen(item.node)}>
                  {title}
                </button>
                <ChevronRight className="size-4 shrink-0 text-faint" aria-hidden />
                <span className="shrink-0">Item {item.index}</span>
              </>
            ) : (
              <span className="truncate">{title}</span>
            )}
          </h2>
          <p className="truncate font-mono text-xs text-muted">
            {node.id} · {node.component}
          </p>
        </div>
        {menu && menu.length > 0 && isFinal(run?.state ?? "") && (
          <Menu items={menu}>
            <Button size="sm" icon={<RotateCw className="size-3.5" aria-hidden />}>
              Run again
            </Button>
          </Menu>
        )}
        <IconButton label="Close the node" size="sm" icon={<X />} onClick={onClose} />
      </header>
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-xs text-muted">
        <StateBadge state={node.state} data-testid="node-state" />
        <ReusedFrom node={node} />
        {node.started_at && (
          <span>
            <Duration start={node.started_at} end={node.ended_at} />
          </span>
        )}
        {node.state === "running" && node.progress !== null && (
          <span className="tabular-nums">{Math.round(node.progress * 100)} %</span>
        )}
        {node.attempt > 1 && (
          <Select
            label="Attempt"
            className="h-6! w-32! text-xs!"
            value={String(attempt)}
            onValueChange={(value) => setPicked(Number(value))}
            options={Array.from({ length: node.attempt }, (_, index) => ({
              value: String(index + 1),
              label: `Attempt ${index + 1} of ${attempts}`,
            }))}
          />
        )}
      </div>
      {beside && (
        <p className="shrink-0 px-3 pb-2 text-muted">
          <Ticks text={beside} />
        </p>
      )}
      <CacheMiss cache={query.data?.cache} />
      {query.data?.approval && <ApprovalPanel runId={runId} node={query.data} approval={query.data.approval} />}
      <NodeTabs
        live={live}
        runId={runId}
        node={node}
        query={query}
        attempt={attempt}
        tab={tab}
        onTab={setTab}
        onOpen={onOpen}
        onSilent={onSilent}
      />
    </>
  );
}

/** Kinds that the engine carries out itself: they have no log and no attempts to look into. */
const STEPLESS: ReadonlySet<string> = new Set(["approval", "branch", "parameter", "pipeline"]);
/** What only a step has. */
const OF_STEPS: ReadonlySet<string> = new Set(["log", "inputs", "metrics", "attempts"]);

/** What one comes for: the results where there are some, else the log. */
function firstTab(node: RunNode): string {
  if (node.items_total > 0) return "items";
  if (node.kind === "pipeline") return "runs";
  if (STEPLESS.has(node.kind)) return "outputs";
  return node.state === "success" && Object.keys(node.outputs).length > 0 ? "outputs" : "log";
}

interface NodeTabsProps {
  live: LiveRun;
  runId: string;
  node: RunNode;
  query: ReturnType<typeof useNode>;
  attempt: number;
  tab: string;
  onTab: (tab: string) => void;
  onOpen: (id: string) => void;
  onSilent: () => void;
}

function NodeTabs({ live, runId, node, query, attempt, tab, onTab, onOpen, onSilent }: NodeTabsProps) {
  const detail = query.data;
  const tried = detail?.attempts.find(({ number }) => number === attempt);
  const environment = detail?.environment;
  /** While it waits for its environment, what is read is how that is built. */
  const building = node.state === "waiting" && Boolean(environment?.build);
  const error = tried?.error ?? (attempt === node.attempt ? node.error : null);
  const body = (show: (detail: NodeDetail) => React.ReactNode) => (
    <div className="p-3">
      <Loaded query={query} what="this node">
        {show}
      </Loaded>
    </div>
  );
  const mapped = node.items_total > 0;
  const parts: TabItem[] = [
    {
      id: "log",
      label: "Log",
      content:
        attempt > 0 && !building && live.run?.logs_cleaned_at ? (
          <p className="p-3 text-muted">
            This log was cleaned up on {formatDateTime(live.run.logs_cleaned_at)} by the team’s retention.
          </p>
        ) : attempt > 0 || building ? (
          <LogPane
            key={`${node.id}-${building ? 0 : attempt}`}
            runId={runId}
            node={node.id}
            attempt={building ? 0 : attempt}
            active={attempt === node.attempt && !isFinal(node.state)}
            bus={live.bus}
            onSilent={building ? undefined : onSilent}
          />
        ) : (
          <p className="p-3 text-muted">{node.reused_from ? `It did not run here: its results are those of run #${node.reused_from.number}.` : "It has not started."}</p>
        ),
    },
    {
      id: "outputs",
      label: "Outputs",
      content: body((full) => (
        <PortValues values={full.outputs} empty={isFinal(node.state) ? "It has no outputs." : "No outputs yet."} />
      )),
    },
    {
      id: "inputs",
      label: "Inputs",
      content: body(() => (
        <div className="flex flex-col gap-5">
          <PortValues values={tried?.inputs ?? {}} empty="Nothing flows into this node." />
          {tried && Object.keys(tried.params).length > 0 && (
            <section className="flex flex-col gap-3">
              <p className="text-xs font-semibold text-muted">Parameters</p>
              <PortValues values={tried.params} empty="" />
            </section>
          )}
        </div>
      )),
    },
    {
      id: "metrics",
      label: "Metrics",
      content: body((full) => <MetricsPane metrics={full.metrics} attempt={attempt} />),
    },
    {
      id: "attempts",
      label: "Attempts",
      content: body((full) => <AttemptsPane attempts={full.attempts} />),
    },
  ];
  if (environment)
    parts.push({
      id: "environment",
      label: "Environment",
      content: (
        <div className="flex h-full min-h-0 flex-col">
          <EnvironmentPane environment={environment} />
          {environment.build && (
            <div className="min-h-0 flex-1 border-t">
              <LogPane
                key={`${node.id}-build-${environment.build.id}`}
                runId={runId}
                node={node.id}
                attempt={0}
                active={environment.build.state === "running"}
                bus={live.bus}
              />
            </div>
          )}
        </div>
      ),
    });
  const items = mapped || STEPLESS.has(node.kind) ? parts.filter(({ id }) => !OF_STEPS.has(id)) : parts;
  if (mapped) {
    const content = <ItemsPane live={live} runId={runId} node={node} onOpen={onOpen} />;
    items.unshift({ id: "items", label: "Items", content });
  } else if (node.kind === "pipeline") {
    const rounds = isLoop(live.run, node.id);
    const content = <ChildRunsPane runId={runId} node={node} rounds={rounds} />;
    items.unshift({ id: "runs", label: rounds ? "Rounds" : "Runs", content });
  }
  return (
    <>
      {error && <ErrorPane error={error} />}
      <Tabs
        label={`Parts of ${node.id}`}
        size="sm"
        className="flex-1"
        items={items}
        value={items.some(({ id }) => id === tab) ? tab : (items[0]?.id ?? tab)}
        onValueChange={onTab}
      />
    </>
  );
}

function isLoop(run: Run | undefined, id: string): boolean {
  const nodes = run?.definition.nodes;
  return Array.isArray(nodes) && nodes.some((node: { id?: unknown; loop?: unknown }) => node.id === id && node.loop);
}

/** Metrics and items come as events; a chart need not be drawn anew for each of them. */
const METRICS_PAUSE = 1_000;

/** The node's details, read again when its state, its attempt or its metrics have moved on. */
function useFreshNode(live: LiveRun, runId: string, node: RunNode): ReturnType<typeof useNode> {
  const queryClient = useQueryClient();
  const query = useNode(runId, node.id);
  const { state, attempt } = node;
  const { data } = query;
  const behind = data !== undefined && (data.state !== state || data.attempt !== attempt);

  useEffect(() => {
    if (behind) void queryClient.invalidateQueries({ queryKey: keys.node(runId, node.id) });
  }, [behind, state, attempt, queryClient, runId, node.id]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = live.bus.onEvents((events) => {
      if (timer || !events.some(({ kind, node: id }) => id === node.id && (kind === "node.metric" || kind === "item.state"))) return;
      timer = setTimeout(() => {
        timer = undefined;
        void queryClient.invalidateQueries({ queryKey: keys.node(runId, node.id) });
      }, METRICS_PAUSE);
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [live.bus, queryClient, runId, node.id]);

  return query;
}
