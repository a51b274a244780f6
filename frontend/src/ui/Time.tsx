import { useSyncExternalStore } from "react";
import { formatDateTime, formatDuration, formatRelative, span } from "./format";

/** One clock for the whole page, so that a long list ticks together and with one timer. */
function makeClock(milliseconds: number) {
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const listeners = new Set<() => void>();
  return {
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      now = Date.now();
      timer ??= setInterval(() => {
        now = Date.now();
        for (const one of listeners) one();
      }, milliseconds);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    read: () => now,
  };
}

const seconds = makeClock(1_000);
const slow = makeClock(20_000);
const never = { subscribe: () => () => {}, read: () => 0 };

/** The time, ticking every second while `running`; otherwise it stands still at 0. */
export function useNow(running: boolean): number {
  const clock = running ? seconds : never;
  return useSyncExternalStore(clock.subscribe, clock.read);
}

export function RelativeTime({ at }: { at: string }) {
  const now = useSyncExternalStore(slow.subscribe, slow.read);
  return (
    <time dateTime={at} title={formatDateTime(at)} className="whitespace-nowrap">
      {formatRelative(at, now)}
    </time>
  );
}

/** How long from start to end; counts on while there is no end. */
export function Duration({ start, end }: { start: string | null; end: string | null }) {
  const now = useNow(start !== null && end === null);
  const length = span(start, end, now);
  return <span className="whitespace-nowrap tabular-nums">{length === null ? "–" : formatDuration(length)}</span>;
}
