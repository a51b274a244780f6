import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, it } from "vitest";

import { bestEdge, candidates } from "./autoconnect";
import { catalogOf } from "./catalog";
import { feeds, interfaceOf, isMapped, type NodeInterface } from "./interface";
import { component, definition, input, output } from "./testing/sample";
import type { ComponentSpec, InputPort, NodeDef, OutputPort, Parameter } from "./types";

interface Given {
  component: string;
  node?: Partial<NodeDef>;
}

interface Shared {
  parameters: Parameter[];
  components: Record<string, Partial<ComponentSpec>>;
  cases: (Given & { name: string; inputs: Record<string, string>; outputs: Record<string, string>; cases: string[] })[];
  feeds: { name: string; from: [string, string]; to: [string, string]; fits: boolean }[];
  nodes: Record<string, Given>;
}

const file = resolve(import.meta.dirname, "../../../tests/shared/interfaces.json");
const shared = JSON.parse(readFileSync(file, "utf8")) as Shared;

function specOf(name: string): ComponentSpec {
  const { inputs = [], outputs = [], ...rest } = shared.components[name] ?? {};
  const taken = inputs.map(({ name: port, type, ...more }: InputPort) => input(port, type, more));
  const given = outputs.map(({ name: port, type }: OutputPort) => output(port, type));
  return component(name, taken, given, rest);
}

function look({ component: name, node }: Given): NodeInterface {
  return interfaceOf({ id: "node", component: name, ...node }, specOf(name), shared.parameters);
}

const types = (ports: readonly (InputPort | OutputPort)[]) => ports.map(({ name, type }) => [name, type]);

describe("the cases shared with the server", () => {
  it.each(shared.cases)("$name", ({ inputs, outputs, cases, ...given }) => {
    const found = look(given);
    expect(types(found.inputs)).toEqual(Object.entries(inputs));
    expect(types(found.outputs)).toEqual(Object.entries(outputs));
    expect(found.cases).toEqual(cases);
  });

  it.each(shared.feeds)("$name", ({ from, to, fits }) => {
    const [giving, taking] = [shared.nodes[from[0]] as Given, shared.nodes[to[0]] as Given];
    const source = look(giving).outputs.find(({ name }) => name === from[1]) as OutputPort;
    const wanted = look(taking).inputs.find(({ name }) => name === to[1]) as InputPort;
    const node = { id: "node", ...taking.node } as NodeDef;
    expect(feeds(look(giving), source, wanted, isMapped(node, to[1]))).toBe(fits);
  });
});

describe("nodes that look alike", () => {
  it("share one object, so that the canvas need not compare ports", () => {
    const spec = specOf("train");
    const [one, other] = ["a", "b"].map((id) => interfaceOf({ id, component: "train" }, spec, undefined));
    expect(one).toBe(other);
    const mapped: NodeDef = { id: "c", component: "train", map: { over: "fold" } };
    expect(interfaceOf(mapped, spec, undefined)).toBe(interfaceOf(mapped, spec, undefined));
  });

  it("are looked at again when their parameter changes its type", () => {
    const spec = specOf("parameter");
    const node: NodeDef = { id: "data", component: "parameter", params: { name: "data" } };
    const typeWith = (type: Parameter["type"]) => interfaceOf(node, spec, [{ name: "data", type }]).outputs[0]?.type;
    expect([typeWith("table"), typeWith("list"), typeWith("table")]).toEqual(["table", "list", "table"]);
  });
});

describe("a branch", () => {
  const catalog = catalogOf({
    "core/if@1": specOf("if"),
    "core/read@1": component("read", [], [output("table", "table")]),
    "core/clean@1": component("clean", [input("data", "table")], [output("table", "table")]),
  });
  const base = definition({
    nodes: [
      { id: "read", component: "core/read@1" },
      { id: "check", component: "core/if@1" },
      { id: "clean", component: "core/clean@1" },
      { id: "other", component: "core/read@1" },
    ],
  });
  const [, check, clean, other] = base.nodes as [NodeDef, NodeDef, NodeDef, NodeDef];

  it("hands on what came in, where something did", () => {
    const fed = { ...base, edges: [{ from: "read.table", to: "check.value" }] };
    expect(bestEdge(fed, catalog, check, clean)).toEqual({ from: "check.yes", to: "clean.data" });
  });

  it("is order alone where nothing comes in, and takes the side that leads nowhere yet", () => {
    expect(bestEdge(base, catalog, check, clean)).toEqual({ from: "check.yes", to: "clean" });
    const taken = { ...base, edges: [{ from: "check.yes", to: "clean" }] };
    expect(bestEdge(taken, catalog, check, other)).toEqual({ from: "check.no", to: "other" });
  });

  it("leads to a whole node by a wire from its case", () => {
    expect(candidates(base, catalog, { node: "check", port: "no", side: "out" }, other)).toEqual([
      { from: "check.no", to: "other" },
    ]);
  });
});
