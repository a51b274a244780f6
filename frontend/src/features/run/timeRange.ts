import type { RunSnapshot } from "@/api/types";

/** Milliseconds since the epoch. */
export interface TimeRange {
  start: number;
  end: number;
}

/** From the run's beginning to its end, or to now while it goes on; never empty. */
export function timeRange(run: RunSnapshot, now: number): TimeRange {
  const start = new Date(run.started_at ?? run.created_at).getTime();
  let first = start;
  let last = run.ended_at ? new Date(run.ended_at).getTime() : Math.max(now, start);
  for (const { queued_at, ended_at } of run.nodes) {
    if (queued_at) first = Math.min(first, new Date(queued_at).getTime());
    if (ended_at) last = Math.max(last, new Date(ended_at).getTime());
  }
  return { start: first, end: Math.max(last, first + 100) };
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500].concat(
  [1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  [1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  [1, 2, 3, 6, 12].map((hours) => hours * 3_600_000),
);

/** Round offsets, in milliseconds, for an axis of this length: about six of them. */
export function niceTicks(length: number): number[] {
  const wanted = length / 6;
  const step = STEPS.find((one) => one >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400_000;
  const ticks: number[] = [];
  for (let at = 0; at <= length; at += step) ticks.push(at);
  return ticks;
}
