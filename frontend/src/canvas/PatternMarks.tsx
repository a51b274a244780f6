import { clsx } from "clsx";
import { Layers, LogOut, type LucideIcon, Maximize2, Repeat } from "lucide-react";
import { createContext, type ReactNode, useContext } from "react";

import { refOf, shownName } from "@/graph/catalog";
import type { NodeDef } from "@/graph/types";
import { formatNumber, Tooltip } from "@/ui";

import type { NodeStatus } from "./status";
import { RUN_IF_WORDS } from "./words";

/** Shows what is inside of a node that uses a pipeline; absent where nothing can be opened. */
export const OpenNode = createContext<((node: string) => void) | null>(null);

export interface PatternMarksProps {
  node: NodeDef;
  status: NodeStatus | undefined;
  /** Whether the mark of its fate in a run to come stands first. */
  behindFate: boolean;
}

/** On top of a card: that it maps, loops, depends on a condition, runs on exit, has an inside. */
export function PatternMarks({ node, status, behindFate }: PatternMarksProps) {
  const open = useContext(OpenNode);
  const conditions = conditionsOf(node);
  if (!node.map && !node.loop && !node.on_exit && !node.pipeline && conditions.length === 0) return null;
  return (
    <div
      className={clsx("absolute -top-3.5 flex items-center gap-1", behindFate ? "left-9" : "left-2.5")}
      data-testid="patterns"
    >
      {node.map && (
        <Mark icon={Layers} label={mapInWords(node)} tone={status?.items ? "live" : "plain"}>
          {status?.items ? (
            <ItemsCount items={status.items} />
          ) : (
            <span className="truncate">{foundNone(status) ? "no items" : `× ${node.map.over}`}</span>
          )}
        </Mark>
      )}
      {node.loop && (
        <Mark icon={Repeat} label={loopInWords(node)} tone={status?.phase === "child" ? "live" : "plain"}>
          {(status?.phase === "child" && status.reason) || `at most ${node.loop.max_iterations ?? 10} rounds`}
        </Mark>
      )}
      {conditions.length > 0 && (
        <Mark label={conditions.join("\n")}>
          <span className="font-mono italic">if</span>
        </Mark>
      )}
      {node.on_exit && (
        <Mark icon={LogOut} label="Runs at the end, whatever became of the other nodes">
          on exit
        </Mark>
      )}
      {node.pipeline && open && (
        <button
          type="button"
          aria-label={`Open ${node.title || node.id}`}
          title={`Open ${shownName(refOf(node))} (double click)`}
          onClick={(event) => {
            event.stopPropagation();
            open(node.id);
          }}
          className="nodrag nopan flex size-5 items-center justify-center rounded-full border bg-surface text-muted hover:border-accent hover:text-accent"
        >
          <Maximize2 className="size-2.5" aria-hidden />
        </button>
      )}
    </div>
  );
}

interface MarkProps {
  icon?: LucideIcon;
  /** The whole of it, in words, on hover. */
  label: string;
  tone?: "plain" | "live";
  children: ReactNode;
}

function Mark({ icon: Icon, label, tone = "plain", children }: MarkProps) {
  return (
    <Tooltip label={label} side="top">
      <span
        className={clsx(
          "flex h-5 max-w-40 items-center gap-1 rounded-full border bg-surface px-1.5 text-2xs leading-none whitespace-nowrap tabular-nums",
          tone === "live" ? "border-line-strong font-medium text-ink" : "text-muted",
        )}
      >
        {Icon && <Icon className="size-3 shrink-0" aria-hidden />}
        {children}
        <span className="sr-only">{label}</span>
      </span>
    </Tooltip>
  );
}

/** A mapped node that has succeeded by itself, without items, had an empty list. */
function foundNone(status: NodeStatus | undefined): boolean {
  return status?.state === "success" && !status.items && !status.cached && !status.kept;
}

/** `312 of 1,000, 3 failed` */
export function ItemsCount({ items: { done, total, failed } }: { items: NonNullable<NodeStatus["items"]> }) {
  return (
    <span data-testid="items-count">
      {done === total ? formatNumber(total) : `${formatNumber(done)} of ${formatNumber(total)}`}
      {failed > 0 && <span className="text-danger">, {formatNumber(failed)} failed</span>}
    </span>
  );
}

function conditionsOf({ when, run_if: rule }: NodeDef): string[] {
  const words = [];
  if (when) words.push(`Only if ${when}`);
  if (rule && rule !== "all_success") words.push(`Runs when ${RUN_IF_WORDS[rule] ?? rule}`);
  return words;
}

function mapInWords({ map }: NodeDef): string {
  if (!map) return "";
  const words = [`Runs once for each element of ${map.over}`];
  if (map.max_parallel) words.push(`at most ${map.max_parallel} at the same time`);
  if (map.allow_failures) words.push(`${map.allow_failures} may fail`);
  return words.join(", ");
}

function loopInWords({ loop }: NodeDef): string {
  return loop ? `Runs again until ${loop.until || "…"}, at most ${loop.max_iterations ?? 10} times` : "";
}
