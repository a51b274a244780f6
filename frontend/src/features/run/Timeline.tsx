import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { useRef } from "react";
import type { Run, RunNode } from "@/api/types";
import { formatDuration, isFinal, span, stateLook, useNow } from "@/ui";
import { niceTicks, type TimeRange, timeRange } from "./timeRange";

const ROW = 26;
const LABEL = 190;

export interface TimelineProps {
  run: Run;
  selected: string | null;
  onSelect: (node: string) => void;
}

/** When each node waited and ran, on one scale. */
export function Timeline({ run, selected, onSelect }: TimelineProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const ended = isFinal(run.state);
  const now = useNow(!ended);
  const range = timeRange(run, ended ? 0 : now);
  const virtual = useVirtualizer({
    count: run.nodes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const ticks = niceTicks(range.end - range.start);
  return (
    <div ref={scroller} className="h-full overflow-auto" data-testid="timeline">
      <div className="sticky top-0 z-10 flex border-b bg-surface text-2xs text-faint" aria-hidden>
        <div className="shrink-0" style={{ width: LABEL }} />
        <div className="relative mr-6 h-6 flex-1">
          {ticks.map((tick) => (
            <span
              key={tick}
              className="absolute top-1 -translate-x-1/2 whitespace-nowrap tabular-nums"
              style={{ left: `${(tick / (range.end - range.start)) * 100}%` }}
            >
              {tickText(tick)}
            </span>
          ))}
        </div>
      </div>
      <ul className="relative" style={{ height: virtual.getTotalSize() }}>
        <li aria-hidden className="pointer-events-none absolute inset-y-0 right-6" style={{ left: LABEL }}>
          {ticks.map((tick) => (
            <span
              key={tick}
              className="absolute inset-y-0 border-l border-line/70"
              style={{ left: `${(tick / (range.end - range.start)) * 100}%` }}
            />
          ))}
        </li>
        {virtual.getVirtualItems().map((item) => {
          const node = run.nodes[item.index];
          if (!node) return null;
          return (
            <li key={node.id} className="absolute inset-x-0" style={{ transform: `translateY(${item.start}px)`, height: ROW }}>
              <TimelineRow node={node} range={range} now={now} selected={node.id === selected} onSelect={onSelect} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** `0`, `500 ms`, `2 s`, `5 min`: ticks are round, so no decimals. */
function tickText(tick: number): string {
  if (tick === 0) return "0";
  if (tick < 60_000 && tick % 1_000 === 0) return `${tick / 1_000} s`;
  if (tick < 3_600_000 && tick % 60_000 === 0) return `${tick / 60_000} min`;
  return formatDuration(tick);
}

interface RowProps {
  node: RunNode;
  range: TimeRange;
  now: number;
  selected: boolean;
  onSelect: (node: string) => void;
}

function TimelineRow({ node, range, now, selected, onSelect }: RowProps) {
  const look = stateLook(node.state);
  const open = !isFinal(node.state);
  const ran = span(node.started_at, node.ended_at ?? (open ? null : node.started_at), now);
  const words = [node.title || node.id, look.label.toLowerCase(), ran === null ? "" : formatDuration(ran)].filter(Boolean).join(", ");
  return (
    <button
      type="button"
      aria-label={words}
      aria-pressed={selected}
      title={node.reason || undefined}
      onClick={() => onSelect(node.id)}
      className={clsx("flex h-full w-full items-center text-left outline-offset-[-2px] hover:bg-hover/60", selected && "bg-accent-soft!")}
    >
      <span className="flex shrink-0 items-center gap-1.5 px-3" style={{ width: LABEL }}>
        <look.icon className={clsx("size-3.5 shrink-0", look.text, node.state === "running" && "animate-spin")} aria-hidden />
        <span className="truncate">{node.title || node.id}</span>
      </span>
      <span className="relative mr-6 h-full flex-1">
        <Bar range={range} from={node.queued_at} to={node.started_at} open={node.state === "queued"} now={now} className="bg-warning/45" />
        <Bar
          range={range}
          from={node.started_at}
          to={node.ended_at}
          open={open}
          now={now}
          className={clsx(look.fill, "opacity-80", node.state === "running" && "animate-pulse-soft")}
          label={ran === null ? undefined : formatDuration(ran)}
          waited={node.queued_at}
        />
      </span>
    </button>
  );
}

interface BarProps {
  range: TimeRange;
  from: string | null;
  to: string | null;
  /** Without an end it goes on until now; else it was never begun or is not known. */
  open: boolean;
  now: number;
  className: string;
  label?: string;
  /** Where the bar before this one begins: a label on the left stands clear of both. */
  waited?: string | null;
}

function Bar({ range, from, to, open, now, className, label, waited }: BarProps) {
  if (!from || (!to && !open)) return null;
  const length = range.end - range.start;
  const begin = new Date(from).getTime();
  const end = to ? new Date(to).getTime() : Math.max(now, begin);
  const left = ((begin - range.start) / length) * 100;
  const width = Math.max(0, ((end - begin) / length) * 100);
  const first = waited ? Math.min(left, ((new Date(waited).getTime() - range.start) / length) * 100) : left;
  return (
    <>
      <span className={clsx("absolute top-[7px] h-3 min-w-[3px] rounded-[3px]", className)} style={{ left: `${left}%`, width: `${width}%` }} />
      {label && (
        <span
          className="absolute top-[5px] text-2xs whitespace-nowrap text-muted tabular-nums"
          style={left + width > 90 ? { right: `calc(${100 - first}% + 6px)` } : { left: `calc(${left + width}% + 6px)` }}
        >
          {label}
        </span>
      )}
    </>
  );
}
