import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NodeState, RunEvent, RunNode, RunSnapshot } from "@/api/types";
import { applyEvents, newest } from "./reducer";

const STATES: NodeState[] = ["pending", "queued", "running", "waiting", "success", "failed", "skipped", "cancelled"];

function node(id: string): RunNode {
  return {
    id,
    title: id,
    component: "core/python@1",
    state: "pending",
    reason: "",
    attempt: 0,
    max_attempts: 1,
    cached: false,
    reused_from: null,
    kind: "python",
    phase: "",
    items_total: 0,
    items: {},
    progress: null,
    queued_at: null,
    started_at: null,
    ended_at: null,
    outputs: {},
    error: null,
  };
}

function snapshot(ids: string[]): RunSnapshot {
  return {
    id: "run",
    number: 1,
    team: "team",
    pipeline: { id: "pipeline", name: "Example" },
    version: 1,
    state: "pending",
    reason: "",
    parameters: {},
    trigger: "manual",
    parent: null,
    round: 0,
    cloned_from: null,
    origin: null,
    priority: 0,
    max_parallel: null,
    cache: true,
    mode: "",
    chosen: [],
    node_params: {},
    created_by: null,
    clone_of: null,
    started_with: { service: false, token: "" },
    created_at: "2026-11-23T07:00:00Z",
    started_at: null,
    ended_at: null,
    pinned: null,
    logs_cleaned_at: null,
    last_seq: 0,
    node_counts: { pending: ids.length },
    nodes: ids.map(node),
  };
}

/** The server's side, told as simply as can be: one event laid over a snapshot that is all its own. */
function committed(run: RunSnapshot, event: RunEvent): RunSnapshot {
  const next = structuredClone(run);
  next.last_seq = event.seq;
  if (event.kind === "run.state") Object.assign(next, event.data);
  if (event.kind === "node.state" || event.kind === "node.progress")
    Object.assign(next.nodes.find(({ id }) => id === event.node) ?? {}, event.data);
  next.node_counts = {};
  for (const { state } of next.nodes) next.node_counts[state] = (next.node_counts[state] ?? 0) + 1;
  return next;
}

const IDS = ["load", "train", "score", "report"];
const happenings = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("run.state"), node: fc.constant(""), data: fc.record({ state: fc.constantFrom("running", "success", "failed"), reason: fc.string() }) }),
    fc.record({
      kind: fc.constant("node.state"),
      node: fc.constantFrom(...IDS),
      data: fc.record({ state: fc.constantFrom(...STATES), attempt: fc.nat(5), outputs: fc.dictionary(fc.constantFrom("table", "text"), fc.string()) }, { requiredKeys: ["state", "attempt"] }),
    }),
    fc.record({ kind: fc.constant("node.progress"), node: fc.constantFrom(...IDS), data: fc.record({ progress: fc.double({ min: 0, max: 1, noNaN: true }) }) }),
    fc.record({ kind: fc.constant("node.metric"), node: fc.constantFrom(...IDS), data: fc.constant({ name: "loss", value: 1, step: null }) }),
  ),
  { maxLength: 60 },
);
const numbered = happenings.map((all) =>
  all.map((one, index) => ({ ...one, seq: index + 1, at: "2026-11-23T07:00:00Z" }) as RunEvent),
);

/** The history as the server commits it: entry n is the fresh snapshot after n events. */
function history(events: RunEvent[]): RunSnapshot[] {
  const all = [snapshot(IDS)];
  for (const event of events) all.push(committed(all.at(-1) as RunSnapshot, event));
  return all;
}

describe("applyEvents", () => {
  test("an old snapshot plus the events after it is a fresh snapshot", () => {
    fc.assert(
      fc.property(numbered, fc.nat(), fc.nat(), (events, from, to) => {
        const snapshots = history(events);
        const old = from % snapshots.length;
        const fresh = old + (to % (snapshots.length - old));
        const result = applyEvents(snapshots[old] as RunSnapshot, events.slice(old, fresh));
        expect(result).toEqual(snapshots[fresh]);
      }),
    );
  });

  test("however the events are cut into frames, and however often they come", () => {
    fc.assert(
      fc.property(numbered, fc.array(fc.tuple(fc.nat(), fc.nat(20)), { maxLength: 20 }), (events, cuts) => {
        let run = snapshot(IDS);
        for (const [at, length] of cuts) {
          const start = events.length === 0 ? 0 : at % events.length;
          run = applyEvents(run, events.slice(start, start + length));
        }
        run = applyEvents(run, events);
        expect(run).toEqual(history(events).at(-1));
      }),
    );
  });

  test("never touches the snapshot it was given", () => {
    fc.assert(
      fc.property(numbered, (events) => {
        const run = snapshot(IDS);
        const before = structuredClone(run);
        applyEvents(run, events);
        expect(run).toEqual(before);
      }),
    );
  });

  test("stops before a gap", () => {
    const events = [1, 2, 4].map((seq): RunEvent => ({ seq, kind: "node.state", node: "load", data: { state: "queued", attempt: seq }, at: "" }));
    const run = applyEvents(snapshot(IDS), events);
    expect(run.last_seq).toBe(2);
    expect(run.nodes[0]?.attempt).toBe(2);
  });

  test("keeps the nodes that did not change, so that only the others are drawn again", () => {
    const run = snapshot(IDS);
    const next = applyEvents(run, [{ seq: 1, kind: "node.state", node: "train", data: { state: "running", attempt: 1 }, at: "" }]);
    expect(next.nodes.map((one, index) => one === run.nodes[index])).toEqual([true, false, true, true]);
  });

  test("passes over kinds and nodes that it does not know, and still counts them", () => {
    const run = applyEvents(snapshot(IDS), [
      { seq: 1, kind: "node.frobnicated", node: "load", data: { state: "failed" }, at: "" },
      { seq: 2, kind: "node.state", node: "nowhere", data: { state: "failed", attempt: 1 }, at: "" },
    ]);
    expect(run).toEqual({ ...snapshot(IDS), last_seq: 2 });
  });
});

/** A mapped node as the server tells of it: items are rows of their own, the node counts them. */
describe("items of a mapped node", () => {
  const ITEMS: NodeState[] = ["pending", "queued", "running", "waiting", "success", "failed"];
  type Story = { states: NodeState[]; events: RunEvent[] };

  /** The rows as they were before each event, and the events; the first hands the items out. */
  function told(total: number, moves: { item: number; state: NodeState }[], endsAt: number | null): Story[] {
    const states = Array.from({ length: total }, (): NodeState => "pending");
    const events: RunEvent[] = [];
    const story: Story[] = [];
    const tell = (kind: string, node: string, data: Record<string, unknown>): void => {
      events.push({ seq: events.length + 1, kind, node, data, at: "" });
      story.push({ states: [...states], events: [...events] });
    };
    tell("node.state", "train", { state: "running", attempt: 0, phase: "items", items_total: total });
    moves.forEach(({ item, state }, at) => {
      if (at === endsAt) {
        states.forEach((one, index) => {
          if (one === "pending" || one === "queued" || one === "waiting") states[index] = "skipped";
        });
        tell("items.ended", "train", { state: "skipped", reason: "too many failed" });
      }
      const index = item % total;
      const was = states[index] as NodeState;
      if (was === state) return;
      states[index] = state;
      tell("item.state", `train[${index}]`, { state, attempt: 1, was });
    });
    return story;
  }

  function counted(states: readonly NodeState[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  const move = fc.record({ item: fc.nat(), state: fc.constantFrom(...ITEMS) });

  test("an old snapshot plus the events after it is a fresh snapshot", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(move, { maxLength: 40 }), fc.option(fc.nat(40)), fc.nat(), (total, moves, endsAt, from) => {
        const story = told(total, moves, endsAt);
        const events = (story.at(-1) as Story).events;
        const fresh = (at: number): RunSnapshot => {
          const run = applyEvents(snapshot(IDS), []);
          const nodes = run.nodes.map((one) =>
            one.id !== "train" || at === 0
              ? one
              : { ...one, state: "running" as const, phase: "items" as const, items_total: total, items: counted((story[at - 1] as Story).states) },
          );
          const node_counts = at === 0 ? run.node_counts : { pending: IDS.length - 1, running: 1 };
          return { ...run, nodes, node_counts, last_seq: at };
        };
        const old = from % (events.length + 1);
        expect(applyEvents(fresh(old), events.slice(old))).toEqual(fresh(events.length));
      }),
    );
  });

  test("are right also when they are told of before their number is", () => {
    const run = applyEvents(snapshot(IDS), [
      { seq: 1, kind: "item.state", node: "train[0]", data: { state: "queued", attempt: 0, was: "pending" }, at: "" },
      { seq: 2, kind: "node.state", node: "train", data: { state: "running", attempt: 0, phase: "items", items_total: 3 }, at: "" },
    ]);
    expect(run.nodes[1]?.items).toEqual({ queued: 1, pending: 2 });
  });
});

test("a slow answer never turns time back", () => {
  const old = snapshot(IDS);
  const ahead = { ...old, last_seq: 7 };
  expect(newest(ahead, old)).toBe(ahead);
  expect(newest(old, ahead)).toBe(ahead);
  expect(newest(undefined, old)).toBe(old);
  expect(newest({ ...ahead, id: "another" }, old)).toBe(old);
});
