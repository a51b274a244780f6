import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { listEvents } from "@/api/resources/runs";
import type { Run, RunEvent } from "@/api/types";
import type { RunBus } from "@/live";
import { formatClock, formatDateTime, formatNumber, Notice, Spinner, StateBadge, Ticks } from "@/ui";
import { EventFeed } from "./EventFeed";

const ROW = 28;
const COLUMNS = "grid grid-cols-[4.5rem_7.5rem_8rem_minmax(6rem,14rem)_minmax(12rem,1fr)] items-center gap-2 px-3";

interface EventsTabProps {
  run: Run;
  bus: RunBus;
  onSelect: (node: string) => void;
}

/** The story of the run, in the order it was committed. */
export function EventsTab({ run, bus, onSelect }: EventsTabProps) {
  const feed = useMemo(() => new EventFeed((after, signal) => listEvents(run.id, after, 500, signal)), [run.id]);
  const { events, loading, error } = useSyncExternalStore(feed.subscribe, feed.getState);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 15,
  });

  useEffect(() => {
    feed.start();
    const leave = bus.onEvents((fresh) => feed.add(fresh));
    return () => {
      leave();
      feed.stop();
    };
  }, [feed, bus]);

  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  const wantsMore = events.length < run.last_seq && lastShown > events.length - 100;
  useEffect(() => {
    if (wantsMore && !error) feed.more();
  }, [wantsMore, error, feed, events.length]);

  return (
    <div className="flex h-full min-h-0 flex-col">
      {error && (
        <Notice tone="danger" title="The events could not be read" onRetry={() => feed.more()} className="m-3">
          {error.message}
        </Notice>
      )}
      <div ref={scroller} className="min-h-0 flex-1 overflow-auto" role="table" aria-label="Events" aria-rowcount={run.last_seq} tabIndex={0}>
        <div role="rowgroup" className="sticky top-0 z-10 min-w-max border-b bg-inset text-xs font-medium text-muted">
          <div role="row" className={`${COLUMNS} h-7`}>
            {["Number", "Time", "Kind", "Node", "What happened"].map((name) => (
              <span key={name} role="columnheader">
                {name}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="relative min-w-max" style={{ height: virtual.getTotalSize() }}>
          {shown.map((item) => {
            const event = events[item.index];
            if (!event) return null;
            return (
              <div
                key={event.seq}
                role="row"
                aria-rowindex={event.seq}
                className={`${COLUMNS} absolute inset-x-0 border-b border-line/60 text-xs`}
                style={{ transform: `translateY(${item.start}px)`, height: ROW }}
              >
                <span role="cell" className="text-faint tabular-nums">
                  {event.seq}
                </span>
                <time role="cell" dateTime={event.at} title={formatDateTime(event.at)} className="text-muted tabular-nums">
                  {formatClock(event.at)}
                </time>
                <span role="cell" className="font-mono text-muted">
                  {event.kind}
                </span>
                <span role="cell" className="min-w-0 truncate">
                  {event.node && (
                    <button type="button" className="max-w-full truncate hover:text-accent hover:underline" onClick={() => onSelect(event.node)}>
                      {event.node}
                    </button>
                  )}
                </span>
                <span role="cell" className="flex min-w-0 items-center gap-2 truncate">
                  <EventWords event={event} />
                </span>
              </div>
            );
          })}
        </div>
      </div>
      <div className="shrink-0 border-t px-3 py-1 text-xs text-muted tabular-nums" role="status">
        {loading ? <Spinner size={12} label="Reading…" /> : `${formatNumber(events.length)} of ${formatNumber(run.last_seq)} events read`}
      </div>
    </div>
  );
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function EventWords({ event }: { event: RunEvent }) {
  const { data, kind } = event;
  if (kind === "node.progress") return <>{Math.round(Number(data.progress ?? 0) * 100)} %</>;
  if (kind === "node.metric")
    return (
      <span className="font-mono">
        {String(data.name)} = {shortNumber(Number(data.value))}
        {typeof data.step === "number" && <span className="text-faint"> at step {data.step}</span>}
      </span>
    );
  const error = data.error as { message?: string } | null | undefined;
  const attempt = typeof data.attempt === "number" && data.attempt > 1 ? `attempt ${data.attempt}` : "";
  const words = [attempt, typeof data.reason === "string" ? data.reason : "", error?.message ?? ""].filter(Boolean).join(" · ");
  return (
    <>
      {typeof data.state === "string" && <StateBadge state={data.state} past />}
      <span className="truncate text-muted"><Ticks text={words} /></span>
    </>
  );
}
