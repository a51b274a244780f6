import { describe, expect, it } from "vitest";

import { overlaps } from "@/graph/geometry";
import { catalogOf } from "@/graph/catalog";
import { catalog, chain, component, output } from "@/graph/testing/sample";

import { addAct, boxesOf, copyOf, type Drawn, moveAct, pasteAct, renameParameterAct, setCasesAct, versionAct } from "./acts";
import { apply } from "./apply";

function drawn(): Drawn {
  const definition = chain();
  return { definition, catalog, layout: definition.layout };
}

describe("adding a node", () => {
  const middle: [number, number] = [1000, 500];

  it("connects it to its anchor and places it to the right, free of others", () => {
    const base = drawn();
    const { act, id, box } = addAct(base, { component: "core/join@1", anchor: "read", middle });
    const { definition } = apply(base.definition, act.edit);
    expect(id).toBe("join");
    expect(definition.edges.at(-1)).toEqual({ from: "read.table", to: "join.tables" });
    expect(box.x).toBe(300);
    expect(boxesOf(base).every((other) => !overlaps(other, box, 0))).toBe(true);
  });

  it("feeds its anchor from the left when that is the way the types go", () => {
    const base = drawn();
    base.definition = { ...base.definition, edges: [] };
    const { act, box } = addAct(base, { component: "core/read@1", anchor: "chart", middle });
    expect(apply(base.definition, act.edit).definition.edges).toEqual([{ from: "read_2.table", to: "chart.data" }]);
    expect(box.x).toBeLessThan(600);
  });

  it("takes the end of a dropped wire, where it was dropped", () => {
    const base = drawn();
    const wire = { node: "read", port: "table", side: "out" } as const;
    const { act } = addAct(base, { component: "core/chart@1", at: [403, 399], wire, middle });
    const { definition } = apply(base.definition, act.edit);
    expect(definition.layout.chart_2).toEqual([400, 400]);
    expect(definition.edges.at(-1)).toEqual({ from: "read.table", to: "chart_2.data" });
  });

  it("stands alone in the middle without an anchor, and undo leaves the start", () => {
    const base = drawn();
    const { act } = addAct(base, { component: "core/notify@1", middle });
    const { definition, inverse } = apply(base.definition, act.edit);
    expect(definition.edges).toEqual(base.definition.edges);
    expect(apply(definition, inverse).definition).toStrictEqual(base.definition);
  });
});

describe("moving", () => {
  it("writes down where the program had put the others, so that they stay", () => {
    const definition = { ...chain(), layout: {} };
    const layout = chain().layout;
    const act = moveAct({ definition, catalog, layout }, { read: [40, 40] });
    expect(apply(definition, act.edit).definition.layout).toEqual({ ...layout, read: [40, 40] });
  });
});

describe("pasting", () => {
  it("twice puts the copies beside each other, selected, in one step each", () => {
    const base = drawn();
    const fragment = copyOf(base, { nodes: new Set(["read", "clean"]), edges: new Set() });
    const first = pasteAct(base, fragment, "paste");
    const { definition } = apply(base.definition, first.act.edit);
    expect([...first.selection]).toEqual(["read_2", "clean_2"]);
    expect(definition.layout.read_2).toEqual([40, 40]);
    const second = pasteAct({ definition, catalog, layout: definition.layout }, fragment, "paste");
    expect(apply(definition, second.act.edit).definition.layout.read_3).toEqual([80, 80]);
  });
});

describe("a pipeline's patterns", () => {
  it("keep their edges and outputs under a case's new name, and go back in one step", () => {
    const base = {
      ...chain(),
      edges: [{ from: "read.small", to: "clean" }, { from: "read.table", to: "chart.data" }],
      outputs: [{ name: "small", from: "read.small" }],
    };
    const rows = [{ name: "tiny", when: "true" }];
    const { edit } = setCasesAct(base, "read", "cases", rows, { from: "small", to: "tiny" });
    const { definition, inverse } = apply(base, edit);
    expect(definition.edges[0]).toEqual({ from: "read.tiny", to: "clean" });
    expect(definition.outputs).toEqual([{ name: "small", from: "read.tiny" }]);
    expect(definition.nodes[0]?.params).toEqual({ cases: rows });
    expect(apply(definition, inverse).definition).toEqual(base);
  });

  it("give outputs of a node that was renamed", () => {
    const base = { ...chain(), outputs: [{ name: "picture", from: "chart.image" }] };
    const { definition, inverse } = apply(base, { kind: "rename", from: "chart", to: "plot" });
    expect(definition.outputs).toEqual([{ name: "picture", from: "plot.image" }]);
    expect(apply(definition, inverse).definition).toEqual(base);
  });

  it("follow a parameter that is renamed to the node that gives it", () => {
    const gives = component("parameter", [], [output("value", "any")], { kind: "parameter" });
    const base = {
      ...chain(),
      parameters: [{ name: "data" }],
      nodes: [{ id: "data", component: "core/parameter@1", params: { name: "data" } }],
    };
    const { edit } = renameParameterAct(base, catalogOf({ "core/parameter@1": gives }), "data", "table");
    expect(apply(base, edit).definition.nodes[0]?.params).toEqual({ name: "table" });
  });

  it("take another version of a pipeline as of a component", () => {
    expect(versionAct("score", "pipeline:score-model", 4).edit).toEqual({
      kind: "setOption",
      node: "score",
      option: "pipeline",
      value: "score-model@4",
    });
  });
});
