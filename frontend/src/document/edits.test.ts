import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { same } from "@/graph/same";
import { chain } from "@/graph/testing/sample";

import { apply } from "./apply";
import { EditRefused, removal } from "./edits";
import { createDocument } from "./store";
import { definitions, draftOf, edits } from "./testing";

describe("every edit", () => {
  it("has an inverse that restores the document exactly, order included", () => {
    fc.assert(
      fc.property(definitions, edits, (before, edit) => {
        const frozen = structuredClone(before);
        try {
          const { definition, inverse } = apply(before, edit);
          expect(apply(definition, inverse).definition).toStrictEqual(before);
        } catch (error) {
          if (!(error instanceof EditRefused)) throw error;
        }
        expect(before).toStrictEqual(frozen);
      }),
      { numRuns: 1500 },
    );
  });
});

describe("any sequence of edits", () => {
  const acts = fc.array(
    fc.record({ edit: edits, pause: fc.constantFrom(10, 5000), merge: fc.constantFrom(undefined, "k") }),
    { maxLength: 14 },
  );

  it("undone is the start, and redone is the end", () => {
    fc.assert(
      fc.property(definitions, acts, (start, steps) => {
        let clock = 0;
        const store = createDocument({
          pipeline: "p",
          draft: draftOf(start),
          editable: true,
          now: () => clock,
        });
        for (const { edit, pause, merge } of steps) {
          clock += pause;
          store.getState().perform({ edit, label: "x", merge });
        }
        const end = store.getState().definition;
        while (store.getState().undo()) continue;
        expect(store.getState().definition).toStrictEqual(start);
        while (store.getState().redo()) continue;
        expect(same(store.getState().definition, end)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("undo", () => {
  function opened() {
    let clock = 0;
    const store = createDocument({
      pipeline: "p",
      draft: draftOf(chain()),
      editable: true,
      now: () => clock,
    });
    const type = (value: string, pause: number) => {
      clock += pause;
      store.getState().perform({
        edit: { kind: "setParam", node: "read", name: "path", value },
        label: "change path",
        merge: "param:read:path",
      });
    };
    const path = () => store.getState().definition.nodes[0]?.params?.path;
    return { store, type, path };
  }

  it("takes back a burst of typing at once, and after a pause only the rest", () => {
    const { store, type, path } = opened();
    for (const text of ["a", "ab", "abc"]) type(text, 100);
    type("abcd", 5000);
    expect(store.getState().history.past).toHaveLength(2);
    store.getState().undo();
    expect(path()).toBe("abc");
    store.getState().undo();
    expect(path()).toBeUndefined();
  });

  it("does not continue a burst after an undo and redo", () => {
    const { store, type, path } = opened();
    type("a", 100);
    store.getState().undo();
    store.getState().redo();
    type("ab", 100);
    store.getState().undo();
    expect(path()).toBe("a");
  });

  it("brings a removed node back with its edges, in their old order", () => {
    const { store } = opened();
    store.getState().perform({ edit: removal(chain(), new Set(["clean"])), label: "delete" });
    expect(store.getState().definition.edges).toEqual([]);
    store.getState().undo();
    expect(store.getState().definition).toStrictEqual(chain());
  });

  it("renames in edges, layout and expressions, keeps the selection, and goes back", () => {
    const { store } = opened();
    const { perform, select, undo } = store.getState();
    perform({
      edit: { kind: "setParam", node: "chart", name: "title", value: "${{ nodes.read.outputs.n }}" },
      label: "change title",
    });
    const before = store.getState().definition;
    select({ nodes: new Set(["read"]) });
    expect(perform({ edit: { kind: "rename", from: "read", to: "load" }, label: "rename" })).toBeNull();
    const { definition, selection } = store.getState();
    expect(definition.edges[0]).toEqual({ from: "load.table", to: "clean.data" });
    expect(definition.layout.load).toEqual([0, 0]);
    expect(definition.nodes[2]?.params).toEqual({ title: "${{ nodes.load.outputs.n }}" });
    expect([...selection.nodes]).toEqual(["load"]);
    undo();
    expect(store.getState().definition).toStrictEqual(before);
  });

  it("refuses in words what does not fit, and changes nothing", () => {
    const { store } = opened();
    const { perform } = store.getState();
    const before = store.getState().definition;
    expect(perform({ edit: { kind: "rename", from: "read", to: "clean" }, label: "rename" })).toBe(
      "`clean` is in use already, by a node, an edge or an expression.",
    );
    expect(perform({ edit: { kind: "setOption", node: "zz", option: "title", value: "x" }, label: "x" })).toBe(
      "There is no node `zz`.",
    );
    expect(store.getState().definition).toBe(before);
  });
});
