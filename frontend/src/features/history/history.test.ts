import { describe, expect, test } from "vitest";
import type { HistoryEntry, VersionDiff } from "@/api/types";
import { grouped, touched } from "./groups";
import { lineDiff } from "./lines";
import { union } from "./union";

function entry(id: number, minute: number, changes: Partial<HistoryEntry> = {}): HistoryEntry {
  const at = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  return { id, at, actor_kind: "person", actor: "ann", token: "", action: "pipeline.edit", before: null, after: null, ip: "", request_id: "", ...changes };
}

describe("groups", () => {
  test("savings in a row by one person are one piece of work", () => {
    const entries = [
      entry(6, 40),
      entry(5, 39),
      entry(4, 38, { actor: "bob" }),
      entry(3, 20),
      entry(2, 19, { action: "pipeline.publish" }),
      entry(1, 18),
    ];
    expect(grouped(entries).map((group) => group.entries.map(({ id }) => id))).toEqual([[6, 5], [4], [3], [2], [1]]);
  });

  test("a group tells which nodes it touched, and when nodes were only moved", () => {
    const [edited] = grouped([
      entry(2, 1, { before: { changed: { nodes: { a: {} } } }, after: { changed: { nodes: { a: {}, b: {} }, name: "x" } } }),
      entry(1, 0, { after: { changed: { layout: { c: [1, 2] } } } }),
    ]);
    expect(edited && touched(edited)).toEqual({ nodes: ["a", "b"], others: ["name"], onlyMoved: false });
    const [moved] = grouped([entry(1, 0, { after: { changed: { layout: { c: [1, 2] } } } })]);
    expect(moved && touched(moved).onlyMoved).toBe(true);
  });
});

test("texts are told line by line", () => {
  expect(lineDiff("a\nb\nc", "a\nx\nc")).toEqual([
    { kind: "same", text: "a" },
    { kind: "removed", text: "b" },
    { kind: "added", text: "x" },
    { kind: "same", text: "c" },
  ]);
});

test("two versions are drawn over each other, what went where it stood", () => {
  const side = (nodes: string[], edges: string[][], layout: object) => ({
    version: 1,
    components: {},
    definition: { schema: 1, name: "p", nodes: nodes.map((id) => ({ id, component: "core/x@1" })), edges: edges.map(([from, to]) => ({ from, to })), layout },
  });
  const diff = {
    before: side(["a", "b"], [["a", "b"]], { a: [0, 0], b: [5, 5] }),
    after: side(["a", "c"], [["a", "c"]], { a: [1, 1] }),
    diff: {
      nodes: [{ name: "c", change: "added", fields: [] }, { name: "b", change: "removed", fields: [] }],
      edges: [{ edge: "a -> c", change: "added" }, { edge: "a -> b", change: "removed" }],
      parameters: [], outputs: [], settings: [],
    },
  } as unknown as VersionDiff;
  const { definition, changes } = union(diff);
  expect(definition.nodes.map(({ id }) => id)).toEqual(["a", "c", "b"]);
  expect(definition.edges.map(({ to }) => to)).toEqual(["c", "b"]);
  expect(definition.layout).toEqual({ a: [1, 1], b: [5, 5] });
  expect(Object.fromEntries(changes)).toEqual({ c: "added", b: "removed", "a -> c": "added", "a -> b": "removed" });
});
