import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { catalog, chain } from "@/graph/testing/sample";

import type { Drawn } from "./acts";
import { apply } from "./apply";
import { insertAct, insertExistingAct } from "./insertActs";

const EDGE = "clean.table -> chart.data";

function drawn(change: (base: Drawn["definition"]) => Drawn["definition"] = (same) => same): Drawn {
  const definition = change(chain());
  return { definition, catalog, layout: definition.layout };
}

function inserted(base: Drawn, component: string, edge = EDGE) {
  const found = insertAct(base, { component, edge });
  if (typeof found === "string") throw new Error(found);
  return { ...found, ...apply(base.definition, found.act.edit) };
}

describe("a component put into an edge", () => {
  it("takes what flowed there and gives it on; what lies behind gives way", () => {
    const { definition, id, box } = inserted(drawn(), "core/clean@1");
    expect(id).toBe("clean_2");
    expect(definition.edges).toEqual([
      { from: "read.table", to: "clean.data" },
      { from: "clean_2.table", to: "chart.data" },
      { from: "clean.table", to: "clean_2.data" },
    ]);
    expect(definition.layout).toEqual({ read: [0, 0], clean: [300, 0], chart: [860, 0], clean_2: [box.x, box.y] });
    expect(box.x).toBe(580);
  });

  it("goes away without a trace in one step back", () => {
    const base = drawn();
    const { definition, inverse } = inserted(base, "core/join@1");
    expect(apply(definition, inverse).definition).toStrictEqual(base.definition);
  });

  it("is refused in words where it does not fit", () => {
    expect(insertAct(drawn(), { component: "core/chart@1", edge: EDGE })).toBe(
      "`core/chart` does not fit between `clean` and `chart`: it would have to take what `clean.table` gives " +
        "and give what `chart.data` takes.",
    );
    expect(insertAct(drawn(), { component: "core/clean@1", edge: "a -> b" })).toMatch(/not there any more/);
  });

  it("keeps the order in which a port takes several edges", () => {
    const base = drawn((chained) => ({
      ...chained,
      nodes: [...chained.nodes, { id: "join", component: "core/join@1" }],
      edges: [
        { from: "read.table", to: "join.tables" },
        { from: "clean.table", to: "join.tables" },
      ],
    }));
    const { definition } = inserted(base, "core/clean@1", "read.table -> join.tables");
    const taken = definition.edges.filter(({ to }) => to === "join.tables").map(({ from }) => from);
    expect(taken).toEqual(["clean_2.table", "clean.table"]);
  });

  it("stands in an edge of order alone as well", () => {
    const base = drawn((chained) => ({ ...chained, edges: [{ from: "read", to: "chart" }] }));
    const { definition } = inserted(base, "core/notify@1", "read -> chart");
    expect(definition.edges).toEqual([
      { from: "notify", to: "chart" },
      { from: "read", to: "notify" },
    ]);
  });
});

describe("a node dropped on an edge", () => {
  const lone = (base: Drawn["definition"]) => ({
    ...base,
    nodes: [...base.nodes, { id: "spare", component: "core/clean@1" }],
    layout: { ...base.layout, spare: [100, 400] as [number, number] },
  });

  it("goes into it where nothing is joined to it yet, wherever it is dropped, and back", () => {
    fc.assert(
      fc.property(fc.integer({ min: -500, max: 1500 }), fc.integer({ min: -500, max: 500 }), (x, y) => {
        const base = drawn(lone);
        const act = insertExistingAct(base, "spare", EDGE, [x, y]);
        if (!act) throw new Error("it fits");
        const { definition, inverse } = apply(base.definition, act.edit);
        expect(definition.edges).toContainEqual({ from: "spare.table", to: "chart.data" });
        expect(apply(definition, inverse).definition).toStrictEqual(base.definition);
      }),
    );
  });

  it("leaves a node alone that has a place already, or does not fit", () => {
    expect(insertExistingAct(drawn(), "read", EDGE, [0, 0])).toBeNull();
    const chart = (base: Drawn["definition"]) => ({
      ...base,
      nodes: [...base.nodes, { id: "spare", component: "core/chart@1" }],
    });
    expect(insertExistingAct(drawn(chart), "spare", EDGE, [0, 0])).toBeNull();
  });
});
