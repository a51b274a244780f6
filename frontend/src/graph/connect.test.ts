import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, it } from "vitest";

import { bestEdge } from "./autoconnect";
import { catalogOf } from "./catalog";
import { checkConnection, type Terminal, terminals } from "./connect";
import { catalog, chain, component, definition, input } from "./testing/sample";
import type { ComponentSpec, EdgeDef, InputPort, NodeDef, OutputPort } from "./types";

const out = (node: string, port: string | null): Terminal => ({ node, port, side: "out" });
const into = (node: string, port: string | null): Terminal => ({ node, port, side: "in" });
const ask = (a: Terminal, b: Terminal, base = chain()) => checkConnection(base, catalog, a, b);

describe("a connection", () => {
  it("is an edge, whichever end it was drawn from", () => {
    const base = { ...chain(), edges: [] };
    const edge = { from: "read.table", to: "chart.data" };
    expect(ask(out("read", "table"), into("chart", "data"), base)).toEqual({ ok: true, edge });
    expect(ask(into("chart", "data"), out("read", "table"), base)).toEqual({ ok: true, edge });
  });

  it("for order alone joins two order handles", () => {
    expect(ask(out("read", null), into("chart", null))).toEqual({
      ok: true,
      edge: { from: "read", to: "chart" },
    });
  });

  it.each([
    ["same_side", out("read", "table"), out("clean", "table"), "Both ends are outputs; end at an input."],
    ["self_edge", out("clean", "table"), into("clean", "data"), "`clean` cannot be connected to itself."],
    [
      "duplicate_edge",
      out("read", "table"),
      into("clean", "data"),
      "The edge `read.table -> clean.data` is there already.",
    ],
    [
      "port_taken",
      out("read", "table"),
      into("chart", "data"),
      "`chart` at `data` already gets `table` of `clean` and takes only one edge; remove that one first.",
    ],
    [
      "mixed_edge",
      out("read", "table"),
      into("chart", null),
      "Join a port to a port to carry data, or two order handles for order alone.",
    ],
    [
      "cycle",
      out("chart", null),
      into("read", null),
      "`chart` → `read` → `clean` → `chart` would be a cycle; a pipeline never goes back.",
    ],
    ["unknown_port", out("read", "rows"), into("clean", "data"), "`read` has no output `rows`; it has `table`."],
  ] as const)("is refused in words: %s", (code, a, b, reason) => {
    expect(ask(a, b)).toEqual({ ok: false, code, reason });
  });

  it("is refused when the types do not fit, naming nodes by their titles", () => {
    const base = chain();
    base.nodes.push({ id: "tell", title: "Tell the team", component: "core/notify@1" });
    expect(ask(out("read", "table"), into("tell", "text"), base)).toEqual({
      ok: false,
      code: "type_mismatch",
      reason: "`Tell the team` at `text` takes text, but `table` of `read` is a table; put a component between them that makes text.",
    });
  });
});

describe("a new node", () => {
  it("is joined where types fit, and not where every port is taken", () => {
    const base = chain();
    const [read, , chart] = base.nodes;
    const join = { id: "join", component: "core/join@1" };
    base.nodes.push(join);
    expect(bestEdge(base, catalog, read!, join)).toEqual({ from: "read.table", to: "join.tables" });
    expect(bestEdge(base, catalog, read!, chart!)).toBeNull();
    expect(bestEdge(base, catalog, chart!, join)).toBeNull();
  });
});

interface SharedCases {
  components: Record<string, Partial<ComponentSpec> & { inputs: InputPort[]; outputs: OutputPort[] }>;
  nodes: NodeDef[];
  edges: EdgeDef[];
  cases: (EdgeDef & { name: string; code: string | null; message?: string })[];
}

describe("the cases shared with the server", () => {
  const file = resolve(import.meta.dirname, "../../../tests/shared/connections.json");
  const shared = JSON.parse(readFileSync(file, "utf8")) as SharedCases;
  const specs = Object.entries(shared.components).map(([ref, { inputs, outputs, ...rest }]) => {
    const ports = inputs.map(({ name, type, ...more }) => input(name, type, more));
    return [ref, component(ref, ports, outputs, rest)] as [string, ComponentSpec];
  });
  const base = definition({ nodes: shared.nodes, edges: shared.edges });

  it.each(shared.cases)("$name", ({ from, to, code, message }) => {
    const { source, target } = terminals({ from, to });
    const verdict = checkConnection(base, catalogOf(Object.fromEntries(specs)), source, target);
    expect(verdict.ok ? null : verdict.code).toBe(code);
    const sameWords = ["type_mismatch", "unknown_port"];
    if (!verdict.ok && sameWords.includes(verdict.code)) expect(verdict.reason).toBe(message);
  });
});
