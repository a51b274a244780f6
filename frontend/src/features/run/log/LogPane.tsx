import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, ChevronDown, ChevronUp, Download } from "lucide-react";
import {
  type KeyboardEvent,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { getLog, logDownloadUrl } from "@/api/resources/runs";
import type { RunBus } from "@/live";
import { formatBytes, formatNumber, IconButton, Input, Notice, Spinner } from "@/ui";
import { LogFeed } from "./LogFeed";
import { LogLine } from "./LogLine";

const LINE = 18;
/** Nearer to an end than this many pixels, the next part is read. */
const NEAR = 400;

export interface LogPaneProps {
  runId: string;
  node: string;
  attempt: number;
  /** Whether the attempt may still write. */
  active: boolean;
  bus: RunBus;
  /** Told when the attempt has ended and wrote nothing. */
  onSilent?: () => void;
}

/** The log of one attempt, live. Mount it with a key per attempt. */
export function LogPane({ runId, node, attempt, active, bus, onSilent }: LogPaneProps) {
  const feed = useFeed(runId, node, attempt, active, bus);
  const state = useSyncExternalStore(feed.subscribe, feed.getState);
  const { buffer } = feed;
  const lines = buffer.lines();
  const scroller = useRef<HTMLDivElement>(null);
  const [search, setSearch] = useState("");
  const [hit, setHit] = useState(0);
  const hits = useHits(lines, search);
  const current = hits.length > 0 ? hits[Math.min(hit, hits.length - 1)] : undefined;

  const silent = buffer.finished && lines.length === 0;
  useEffect(() => {
    if (silent) onSilent?.();
  }, [silent, onSilent]);

  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 20,
  });

  // Lines that come or go above must not move what is being read.
  const shifted = useRef(0);
  useLayoutEffect(() => {
    const element = scroller.current;
    const moved = state.shifted - shifted.current;
    shifted.current = state.shifted;
    if (!element) return;
    if (state.follow) element.scrollTop = element.scrollHeight;
    else if (moved !== 0) element.scrollTop -= moved * LINE;
  }, [state]);

  useEffect(() => {
    if (current === undefined) return;
    feed.setFollow(false);
    virtual.scrollToIndex(current, { align: "center" });
  }, [current, feed, virtual]);

  function onScroll(): void {
    const element = scroller.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (below < 4 && buffer.atEnd) feed.setFollow(true);
    else if (below > LINE * 2) feed.setFollow(false);
    if (!feed.getState().follow) {
      if (element.scrollTop < NEAR) void feed.more();
      else if (below < NEAR) void feed.next();
    }
  }

  function onSearchKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || hits.length === 0) return;
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  }

  const step = (by: number) => setHit((at) => (Math.min(at, hits.length - 1) + by + hits.length) % hits.length);
  const partial = buffer.start > 0 || !buffer.atEnd;

  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-1 border-b px-3 py-1.5">
        <Input
          type="search"
          aria-label="Search in the log"
          placeholder="Search in the log"
          className="h-7! w-44 flex-1 text-xs!"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setHit(0);
          }}
          onKeyDown={onSearchKey}
        />
        {search && (
          <>
            <span role="status" className="text-xs text-muted tabular-nums">
              {hits.length === 0 ? "none" : `${Math.min(hit, hits.length - 1) + 1} of ${formatNumber(hits.length)}`}
            </span>
            <IconButton label="Previous hit" size="sm" icon={<ChevronUp />} disabled={hits.length === 0} onClick={() => step(-1)} />
            <IconButton label="Next hit" size="sm" icon={<ChevronDown />} disabled={hits.length === 0} onClick={() => step(1)} />
          </>
        )}
        <IconButton
          label="Follow the end of the log"
          size="sm"
          pressed={state.follow}
          icon={<ArrowDownToLine />}
          onClick={() => feed.setFollow(!state.follow)}
        />
        <a
          href={logDownloadUrl(runId, node, attempt)}
          download
          aria-label="Download the whole log"
          title="Download the whole log"
          className="inline-flex size-6 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
        >
          <Download className="size-3.5" aria-hidden />
        </a>
      </div>
      {state.error && (
        <Notice
          tone={lines.length > 0 ? "warning" : "danger"}
          title={lines.length > 0 ? "The log may be out of date" : "The log could not be read"}
          onRetry={() => feed.retry()}
          className="m-2"
        >
          {state.error.message}
        </Notice>
      )}
      {buffer.truncated && (
        <p className="shrink-0 border-b bg-warning-soft px-3 py-1 text-xs text-warning">
          This step wrote more than is kept; the rest of its log was left out.
        </p>
      )}
      <div
        ref={scroller}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={`Log of ${node}`}
        data-testid="log"
        className="min-h-0 flex-1 overflow-auto bg-inset py-1 font-mono text-xs leading-[18px] outline-offset-[-2px]"
      >
        {lines.length === 0 && !state.error && (
          <div className="px-3 py-2 font-sans text-muted">
            {state.loading ? (
              <Spinner label="Reading the log…" />
            ) : active ? (
              "Nothing written yet."
            ) : (
              "This attempt wrote nothing."
            )}
          </div>
        )}
        <div className="relative min-w-max" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => (
            <LogLine
              key={item.key}
              number={buffer.firstLine + item.index + 1}
              text={lines[item.index] ?? ""}
              top={item.start}
              search={search}
              current={item.index === current}
            />
          ))}
        </div>
      </div>
      <div className="flex shrink-0 items-center gap-2 border-t px-3 py-1 text-2xs text-faint tabular-nums">
        <span className="flex-1">
          {lines.length > 0 &&
            `Lines ${formatNumber(buffer.firstLine + 1)}–${formatNumber(buffer.firstLine + lines.length)}`}
          {partial && lines.length > 0 && ` of ${formatBytes(buffer.size)}; search looks at these`}
        </span>
        {!state.follow && !buffer.atEnd && (
          <button type="button" className="text-accent underline" onClick={() => feed.setFollow(true)}>
            Go to the end
          </button>
        )}
      </div>
    </div>
  );
}

function useFeed(runId: string, node: string, attempt: number, active: boolean, bus: RunBus): LogFeed {
  const feed = useMemo(
    () => new LogFeed((query, signal) => getLog(runId, node, { ...query, attempt }, signal)),
    [runId, node, attempt],
  );
  useEffect(() => {
    feed.start();
    const leave = bus.onLog((hint) => {
      if (hint.node === node && hint.attempt === attempt) feed.hint(hint.bytes);
    });
    return () => {
      leave();
      feed.stop();
    };
  }, [feed, bus, node, attempt]);
  useEffect(() => {
    if (!active) feed.hint(); // The last lines may have come with the end of the attempt.
  }, [active, feed]);
  return feed;
}

function useHits(lines: string[], search: string): number[] {
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const deferred = useDeferredValue(lines);
  return useMemo(() => {
    if (!wanted) return [];
    const hits: number[] = [];
    deferred.forEach((line, index) => {
      if (line.toLowerCase().includes(wanted)) hits.push(index);
    });
    return hits;
  }, [deferred, wanted]);
}
