import { describe, expect, it } from "vitest";

import { type Fragment, fragmentOf, fromYaml, insertion, toYaml } from "./clipboard";
import { catalog, chain } from "./testing/sample";

function parsed(text: string): Fragment {
  const result = fromYaml(text);
  if ("error" in result) throw new Error(result.error);
  return result.fragment;
}

describe("nodes on the clipboard", () => {
  it("come back as they were copied, with the edges between them", () => {
    const fragment = fragmentOf(chain(), new Set(["read", "clean"]));
    expect(fragment.edges).toEqual([{ from: "read.table", to: "clean.data" }]);
    expect(parsed(toYaml(fragment))).toEqual(fragment);
  });

  it("get fresh ids where theirs are taken, in edges and expressions too", () => {
    const base = chain();
    base.nodes[1]!.params = { note: "${{ nodes.read.outputs.table }}" };
    const copy = insertion(base, catalog, fragmentOf(base, new Set(["read", "clean"])), [40, 40]);
    expect(copy.nodes).toEqual([
      { id: "read_2", component: "core/read@1" },
      { id: "clean_2", component: "core/clean", params: { note: "${{ nodes.read_2.outputs.table }}" } },
    ]);
    expect(copy.edges).toEqual([{ from: "read_2.table", to: "clean_2.data" }]);
    expect(copy.layout).toEqual({ read_2: [40, 40], clean_2: [340, 40] });
    expect(copy.notes).toEqual([]);
  });

  it("tell what cannot be pasted", () => {
    const text = "nodes:\n- {id: a, component: core/read}\n- {id: b, component: core/notify}\n- {id: c, component: x/y}\nedges:\n- {from: a.table, to: b.text}\n";
    const known = insertion(chain(), catalog, parsed(text.replace("- {id: c, component: x/y}\n", "")), [0, 0]);
    expect(known.edges).toEqual([]);
    expect(known.notes[0]).toContain("takes text, but `table` of `a` is a table");
    expect(insertion(chain(), catalog, parsed(text), [0, 0]).notes).toEqual([
      "`x/y` is not in the catalog here.",
    ]);
  });

  it("are refused in words when the clipboard holds something else", () => {
    expect(fromYaml("just text")).toEqual({
      error: "The clipboard holds no nodes; copy some on a canvas first.",
    });
    expect(fromYaml("a: [")).toHaveProperty("error");
  });
});
