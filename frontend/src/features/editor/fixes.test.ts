import { describe, expect, it } from "vitest";

import { apply } from "@/document";
import { chain } from "@/graph/testing/sample";
import type { Definition, Problem } from "@/graph/types";

import { fixFor } from "./fixes";

function mended(problem: Problem, definition: Definition, latest = new Map<string, number>()): Definition | null {
  const fix = fixFor(problem, definition, latest);
  return fix && apply(definition, fix.act.edit).definition;
}

describe("a problem with one obvious way out", () => {
  it("loses the edge that is wrong, and no other", () => {
    const problem = { code: "type_mismatch", message: "", node: "clean", edge: "read.table -> clean.data" };
    expect(mended(problem, chain())?.edges).toEqual([{ from: "clean.table", to: "chart.data" }]);
  });

  it("keeps one of two equal edges, in its place", () => {
    const base = chain();
    const [first, second] = base.edges;
    base.edges = [first!, second!, first!];
    const problem = { code: "duplicate_edge", message: "", edge: "read.table -> clean.data" };
    expect(mended(problem, base)?.edges).toEqual([first, second]);
  });

  it("takes the newest version where one does not exist", () => {
    const base = chain();
    base.nodes[0]!.component = "core/read@9";
    const problem = { code: "unknown_version", message: "", node: "read", field: "component" };
    expect(mended(problem, base, new Map([["core/read", 2]]))?.nodes[0]?.component).toBe("core/read@2");
  });

  it("drops a parameter that the component does not have", () => {
    const base = chain();
    base.nodes[0]!.params = { old: 1 };
    const problem = { code: "unknown_parameter", message: "", node: "read", field: "params.old" };
    expect(mended(problem, base)?.nodes[0]).toEqual({ id: "read", component: "core/read@1" });
  });

  it("is left to people otherwise", () => {
    expect(fixFor({ code: "missing_input", message: "", node: "clean", port: "data" }, chain(), new Map())).toBeNull();
  });
});
