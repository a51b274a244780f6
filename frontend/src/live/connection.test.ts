// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiProblem } from "@/api/problem";
import type { RunEvent } from "@/api/types";
import { type LiveStatus, RunConnection } from "./connection";

class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  close(): void {
    this.readyState = 3;
  }
}

const newestSocket = () => FakeSocket.all.at(-1) as FakeSocket;
const event = (seq: number): RunEvent => ({ seq, kind: "node.state", node: "a", data: { state: "running", attempt: 1 }, at: "" });
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** What the server has stored so far; `fetchEvents` reads it like the API does. */
let stored: RunEvent[] = [];
let serverAway = false;
let seen: number[] = [];
let statuses: LiveStatus[] = [];
let line: RunConnection;

function connect(after = 0): RunConnection {
  line = new RunConnection({
    runId: "r1",
    after,
    onEvents: (events) => seen.push(...events.map(({ seq }) => seq)),
    onLog: () => {},
    onStatus: (status) => statuses.push(status),
    fetchEvents: (from) =>
      serverAway
        ? Promise.reject(ApiProblem.unreachable("away"))
        : Promise.resolve(stored.filter(({ seq }) => seq > from).slice(0, 3)),
    openSocket: (url) => new FakeSocket(url) as unknown as WebSocket,
    random: () => 1,
  });
  line.start();
  return line;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  [stored, seen, statuses] = [[], [], []];
  serverAway = false;
});

afterEach(() => {
  line.stop();
  vi.useRealTimers();
});

describe("while the socket is up", () => {
  test("asks for what comes after the last number known, and hands events on once", () => {
    connect(4);
    expect(newestSocket().url).toMatch(/\/ws\/runs\/r1\/\?after=4$/);
    newestSocket().open();
    newestSocket().say({ type: "events", events: [event(4), event(5), event(6)] });
    newestSocket().say({ type: "events", events: [event(6), event(7)] });
    expect(seen).toEqual([5, 6, 7]);
    expect(statuses).toEqual(["connecting", "live"]);
  });

  test("fetches what is missing before a gap", async () => {
    connect();
    newestSocket().open();
    stored = numbers(1, 9).map(event);
    newestSocket().say({ type: "events", events: [event(9)] });
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual(numbers(1, 9));
  });

  test("looks a second time over HTTP, in case the socket is deaf", async () => {
    connect();
    newestSocket().open();
    stored = [event(1)];
    for (let second = 0; second < 31; second += 10) {
      newestSocket().say({ type: "ping" });
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(seen).toEqual([1]);
  });

  test("a frame that is no JSON costs nothing but a fetch", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    connect();
    newestSocket().open();
    stored = [event(1)];
    newestSocket().onmessage?.({ data: "{half" });
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual([1]);
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
  });
});

describe("when the socket drops", () => {
  test("connects again and continues at the last number, without a gap or a duplicate", async () => {
    connect();
    newestSocket().open();
    newestSocket().say({ type: "events", events: [event(1), event(2)] });
    stored = numbers(1, 5).map(event);
    newestSocket().drop();
    await vi.advanceTimersByTimeAsync(600);
    expect(FakeSocket.all).toHaveLength(2);
    newestSocket().open();
    newestSocket().say({ type: "events", events: [event(5), event(6)] });
    expect(seen).toEqual(numbers(1, 6));
    expect(statuses.at(-1)).toBe("live");
  });

  test("polls meanwhile, and waits longer between attempts", async () => {
    connect();
    newestSocket().drop();
    stored = numbers(1, 4).map(event);
    await vi.advanceTimersByTimeAsync(300);
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(statuses.at(-1)).toBe("polling");
    const gaps: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const before = FakeSocket.all.length;
      const start = Date.now();
      while (FakeSocket.all.length === before) await vi.advanceTimersByTimeAsync(100);
      gaps.push(Date.now() - start);
      newestSocket().drop();
    }
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
    expect(gaps.at(-1)).toBeLessThanOrEqual(15_100);
  });

  test("says that it is offline when polling fails too, and comes back by itself", async () => {
    serverAway = true;
    connect();
    newestSocket().drop();
    await vi.advanceTimersByTimeAsync(300);
    expect(statuses.at(-1)).toBe("offline");
    serverAway = false;
    stored = [event(1)];
    await vi.advanceTimersByTimeAsync(2_100);
    expect(statuses.at(-1)).toBe("polling");
    expect(seen).toEqual([1]);
  });

  test("tries at once when the network is back", async () => {
    connect();
    for (let drop = 0; drop < 6; drop += 1) {
      newestSocket().drop();
      await vi.advanceTimersByTimeAsync(15_000);
    }
    newestSocket().drop();
    const before = FakeSocket.all.length;
    window.dispatchEvent(new Event("online"));
    expect(FakeSocket.all.length).toBe(before + 1);
  });

  test("a line that is silent for too long is dropped and made anew", async () => {
    connect();
    newestSocket().open();
    await vi.advanceTimersByTimeAsync(46_000);
    expect(FakeSocket.all.length).toBeGreaterThan(1);
    expect(FakeSocket.all[0]?.readyState).toBe(3);
  });

  test("a socket that never opens is given up", async () => {
    connect();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(FakeSocket.all).toHaveLength(2);
  });
});

test("a run that is gone is told, and not asked for again", async () => {
  connect();
  newestSocket().drop(4404);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(statuses.at(-1)).toBe("gone");
  expect(FakeSocket.all).toHaveLength(1);
});

test("after the stop nothing happens any more", async () => {
  connect();
  newestSocket().open();
  line.stop();
  stored = [event(1)];
  await vi.advanceTimersByTimeAsync(120_000);
  expect(FakeSocket.all).toHaveLength(1);
  expect(seen).toEqual([]);
});
