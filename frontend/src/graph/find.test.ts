import { describe, expect, it } from "vitest";

import { find, parseQuery } from "./find";
import { catalog, definition } from "./testing/sample";
import type { Definition } from "./types";

const pipeline: Definition = definition({
  parameters: [{ name: "limit" }],
  nodes: [
    { id: "read", component: "core/read@1", title: "Weather of Seattle", params: { path: "days.csv" } },
    { id: "clean", component: "core/clean", params: { limit: "${{ params.limit }}" }, when: "nodes.read.rows > 3" },
    { id: "chart", component: "core/chart@1", map: { over: "data" } },
    { id: "notify", component: "core/notify@1" },
    { id: "score", pipeline: "score-model@4" },
  ],
  edges: [{ from: "read.table", to: "clean.data" }],
});

function found(text: string, invalid: string[] = [], states: Record<string, string> = {}): string[] {
  return find(pipeline, catalog, parseQuery(text), {
    invalid: new Set(invalid),
    states: new Map(Object.entries(states).map(([node, state]) => [node, { state }])),
  });
}

describe("a search in the graph", () => {
  it.each([
    ["seattle", ["read"]],
    ["CSV", ["read"]],
    ["core chart", ["chart"]],
    ['"weather of"', ["read"]],
    ["kind:pipeline", ["score"]],
    ["kind:python", ["read", "clean", "chart", "notify"]],
    ["uses:core/cl", ["clean"]],
    ["uses:params.limit", ["clean"]],
    ["uses:read", ["read", "clean"]],
    ["is:mapped", ["chart"]],
    ["is:conditional", ["clean"]],
    ["is:unused", ["clean", "chart"]],
    ["-is:mapped kind:python -seattle", ["clean", "notify"]],
    ["nowhere", []],
    ["", []],
    ["is:", []],
  ])("for %s finds %j", (text, ids) => expect(found(text)).toEqual(ids));

  it("knows what is invalid and how the run fared", () => {
    expect(found("is:invalid", ["clean"])).toEqual(["clean", "score"]);
    expect(found("is:failed", [], { read: "success", clean: "failed" })).toEqual(["clean"]);
  });

  it("tells of filters that there are not", () => {
    expect(parseQuery("type:table").trouble).toMatch(/no filter `type:`/);
    expect(parseQuery("is:broken").trouble).toMatch(/Nothing is `is:broken`/);
    expect(parseQuery("is:failed kind:sql x").trouble).toBeNull();
  });
});
