import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiProblem } from "@/api/problem";
import type { LogQuery } from "@/api/resources/runs";
import type { LogPage } from "@/api/types";
import { LogFeed } from "./LogFeed";

let log = "";
let complete = false;
let away = false;
let asked: LogQuery[] = [];
let feed: LogFeed;

function serve(query: LogQuery): Promise<LogPage> {
  asked.push(query);
  if (away) return Promise.reject(ApiProblem.unreachable("away"));
  const offset = query.tail === undefined ? (query.offset ?? 0) : Math.max(0, log.length - query.tail);
  const text = log.slice(offset, offset + (query.tail ?? query.limit ?? Infinity));
  return Promise.resolve({
    attempt: 1,
    offset,
    next_offset: offset + text.length,
    size: log.length,
    first_line: log.slice(0, offset).split("\n").length - 1,
    lines: text.split("\n").length - 1,
    text,
    complete,
    truncated: false,
    cleaned_at: null,
  });
}

const write = (lines: number, text = "line") => {
  log += `${text}\n`.repeat(lines);
};

beforeEach(() => {
  vi.useFakeTimers();
  [log, complete, away, asked] = ["", false, false, []];
  feed = new LogFeed(serve);
});

afterEach(() => {
  feed.stop();
  vi.useRealTimers();
});

test("follows hints, and stops asking once the attempt has ended", async () => {
  write(2);
  feed.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(feed.buffer.lines()).toHaveLength(2);
  write(3);
  feed.hint(log.length);
  await vi.advanceTimersByTimeAsync(300);
  expect(feed.buffer.lines()).toHaveLength(5);
  complete = true;
  feed.hint();
  await vi.advanceTimersByTimeAsync(300);
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(before);
});

test("a thousand hints a second are a handful of requests", async () => {
  feed.start();
  await vi.advanceTimersByTimeAsync(0);
  for (let hint = 0; hint < 1_000; hint += 1) {
    write(10);
    feed.hint(log.length);
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(asked.length).toBeLessThan(8);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed.buffer.end).toBe(log.length);
});

test("far behind it leaps to the end", async () => {
  feed.start();
  await vi.advanceTimersByTimeAsync(0);
  write(1);
  feed.hint(log.length);
  await vi.advanceTimersByTimeAsync(300);
  write(500_000);
  feed.hint(log.length);
  await vi.advanceTimersByTimeAsync(300);
  expect(asked.at(-1)).toEqual({ tail: 256 * 1024 });
  expect(feed.buffer.end).toBe(log.length);
});

test("without hints it looks again by itself", async () => {
  feed.start();
  await vi.advanceTimersByTimeAsync(0);
  write(1);
  await vi.advanceTimersByTimeAsync(3_100);
  expect(feed.buffer.lines()).toEqual(["line"]);
});

test("who reads further up is left alone, and the way there is told", async () => {
  write(100_000);
  feed.start();
  await vi.advanceTimersByTimeAsync(0);
  feed.setFollow(false);
  const lines = feed.buffer.lines().length;
  await feed.more();
  expect(feed.getState().shifted).toBe(lines - feed.buffer.lines().length);
  write(1_000);
  feed.hint(log.length);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(feed.buffer.atEnd).toBe(false);
  feed.setFollow(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed.buffer.atEnd).toBe(true);
});

test("a failure is told, and the log goes on when the server is back", async () => {
  away = true;
  feed.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(feed.getState().error?.message).toMatch(/cannot be reached/);
  away = false;
  write(1);
  await vi.advanceTimersByTimeAsync(6_100);
  expect(feed.getState().error).toBeNull();
  expect(feed.buffer.lines()).toEqual(["line"]);
});
