import { useEffect, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useItems } from "@/api/hooks";
import { isArtifactRef, type Item, type NodeState, type RunNode } from "@/api/types";
import type { LiveRun } from "@/live";
import { Duration, formatBytes, formatNumber, Loaded, Pager, Select, StateBadge, stateLook, TABLE, TABLE_BOX, TD, TH, Ticks } from "@/ui";
import { graphNode } from "./items";

const PAGE = 50;
/** Thousands of items may end each second; the table need not be read anew for each of them. */
const PAUSE = 800;
const ORDER: NodeState[] = ["failed", "running", "queued", "waiting", "pending", "success", "skipped", "cancelled"];

export interface ItemsPaneProps {
  live: LiveRun;
  runId: string;
  node: RunNode;
  onOpen: (id: string) => void;
}

/** The items of a mapped node: what each ran for, how it fares, what it gave. */
export function ItemsPane({ live, runId, node, onOpen }: ItemsPaneProps) {
  const [state, setState] = useState<NodeState | "">("");
  const [page, setPage] = useState(1);
  const filters = { page, page_size: PAGE, ...(state ? { state } : {}) };
  const query = useItems(runId, node.id, filters);
  useFreshItems(live, runId, node.id);
  const counts = node.items as Partial<Record<NodeState, number>>;
  const options = ORDER.filter((one) => counts[one] || one === state).map((one) => ({
    value: one as string,
    label: `${stateLook(one).label}: ${formatNumber(counts[one] ?? 0)}`,
  }));
  return (
    <div className="flex flex-col gap-3 p-3">
      <Select
        label="State of the items"
        className="w-48"
        value={state}
        options={[{ value: "", label: `All ${formatNumber(node.items_total)} items` }, ...options]}
        onValueChange={(next) => {
          setState(next as NodeState | "");
          setPage(1);
        }}
      />
      <Loaded query={query} what="the items">
        {({ results, count }) => (
          <>
            <div className={TABLE_BOX}>
              <table className={TABLE} aria-label={`Items of ${node.id}`}>
                <thead>
                  <tr>
                    <th className={TH}>Item</th>
                    <th className={TH}>State</th>
                    <th className={TH}>Took</th>
                    <th className={TH}>Runs for</th>
                    <th className={TH}>Gave</th>
                  </tr>
                </thead>
                <tbody>
                  {results.map((item) => (
                    <ItemRow key={item.id} item={item} onOpen={onOpen} />
                  ))}
                </tbody>
              </table>
              {results.length === 0 && <p className="p-3 text-muted">No item is in this state.</p>}
            </div>
            {count > PAGE && (
              <Pager page={page} pageSize={PAGE} total={count} onPage={setPage} what="items" of={node.id} />
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}

function ItemRow({ item, onOpen }: { item: Item; onOpen: (id: string) => void }) {
  const why = item.state === "success" ? "" : item.reason;
  const gave = item.error?.message ?? (why || valuesInShort(item.outputs));
  return (
    <tr className="group cursor-pointer hover:bg-hover/50" data-item={item.item} data-state={item.state} onClick={() => onOpen(item.id)}>
      <td className={TD}>
        <button
          type="button"
          aria-label={`Open item ${item.item}`}
          className="font-medium tabular-nums group-hover:underline"
          onClick={(event) => {
            event.stopPropagation();
            onOpen(item.id);
          }}
        >
          {item.item}
        </button>
      </td>
      <td className={TD}>
        <StateBadge state={item.state} />
      </td>
      <td className={`${TD} whitespace-nowrap text-muted`}>
        {item.started_at && !item.reused_from && <Duration start={item.started_at} end={item.ended_at} />}
        {item.reused_from && (item.cached ? "cached" : "kept")}
        {item.attempt > 1 && <span title={`attempt ${item.attempt}`}> ↻{item.attempt}</span>}
      </td>
      <td className={`${TD} max-w-28 truncate font-mono text-xs`} title={inShort(item.value)}>
        {inShort(item.value)}
      </td>
      <td className={`${TD} w-full max-w-0 truncate text-xs ${item.error ? "text-danger" : "text-muted"}`} title={gave}>
        <Ticks text={gave} />
      </td>
    </tr>
  );
}

/** A value in one line. */
function inShort(value: unknown): string {
  if (isArtifactRef(value)) return `${value.name || value.type}, ${formatBytes(value.size)}`;
  if (typeof value === "string") return value;
  const text = JSON.stringify(value) ?? "";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function valuesInShort(values: Item["outputs"]): string {
  const entries = Object.entries(values);
  if (entries.length === 1) return inShort(entries[0]?.[1]);
  return entries.map(([port, value]) => `${port}: ${inShort(value)}`).join(", ");
}

/** Reads the shown page again when items have moved on, now and then. */
function useFreshItems({ bus }: LiveRun, runId: string, node: string): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = bus.onEvents((events) => {
      const own = events.some(({ kind, node: id }) => (kind === "item.state" || kind === "items.ended") && graphNode(id) === node);
      if (timer || !own) return;
      timer = setTimeout(() => {
        timer = undefined;
        void queryClient.invalidateQueries({ queryKey: ["run", runId, "nodes", node, "items"] });
      }, PAUSE);
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [bus, queryClient, runId, node]);
}
