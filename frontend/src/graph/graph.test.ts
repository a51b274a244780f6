import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { cycleThrough, topological } from "./cycles";
import { freePlace, overlaps } from "./geometry";
import { mentions, renameMentions } from "./mentions";
import { freeName, isIdentifier } from "./names";
import { placeAll } from "./placement";
import { compatible } from "./ports";
import { readDefinition } from "./read";
import { chain } from "./testing/sample";
import { PORT_TYPES, type PortType } from "./types";

describe("ports", () => {
  const file = resolve(import.meta.dirname, "../../../tests/shared/port_compatibility.json");
  const { accepts } = JSON.parse(readFileSync(file, "utf8")) as {
    accepts: Record<PortType, PortType[]>;
  };

  it.each(PORT_TYPES)("of type %s feed what they feed on the server", (source) => {
    const fed = PORT_TYPES.filter((target) => compatible(source, target));
    expect([...fed].sort()).toEqual([...accepts[source]].sort());
  });
});

describe("cycles", () => {
  it("are named by their shortest path", () => {
    const edges = ["a b", "b c", "a c", "c d"].map((pair) => {
      const [from, to] = pair.split(" ") as [string, string];
      return { from, to };
    });
    expect(cycleThrough(edges, "d", "a")).toEqual(["d", "a", "c", "d"]);
    expect(cycleThrough(edges, "a", "d")).toBeNull();
  });

  it("topological order keeps every id, whatever the edges", () => {
    const id = fc.constantFrom("a", "b", "c", "d", "e");
    fc.assert(
      fc.property(fc.array(fc.record({ from: id, to: id })), (edges) => {
        expect([...topological(["a", "b", "c"], edges)].sort()).toEqual(["a", "b", "c"]);
      }),
    );
  });
});

describe("names", () => {
  it("are identifiers nobody has", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (base, others) => {
        const taken = new Set(others);
        const name = freeName(base, taken);
        expect(isIdentifier(name)).toBe(true);
        expect(taken.has(name)).toBe(false);
      }),
    );
    expect(freeName("load_2", new Set(["load_2"]))).toBe("load_3");
    expect(freeName("load", new Set(["load", "load_2"]))).toBe("load_3");
  });
});

describe("mentions of nodes in expressions", () => {
  const value = { a: ["${{ nodes.load.outputs.x + nodes['load_all'].outputs.y }}"], b: 3 };

  it("are found at any depth", () => {
    expect([...mentions(value)]).toEqual(["load", "load_all"]);
  });

  it("are renamed whole words at a time, and back", () => {
    const renamed = renameMentions(value, "load", "input");
    expect(renamed.a[0]).toBe("${{ nodes.input.outputs.x + nodes['load_all'].outputs.y }}");
    expect(renameMentions(renamed, "input", "load")).toEqual(value);
    expect(renameMentions(value, "other", "thing")).toBe(value);
  });
});

describe("placing", () => {
  it("keeps given positions and overlaps nothing", () => {
    const base = { ...chain(), layout: { read: [40, 40] as [number, number] } };
    const layout = placeAll(base, () => ({ width: 220, height: 80 }));
    expect(layout.read).toEqual([40, 40]);
    const boxes = Object.values(layout).map(([x, y]) => ({ x, y, width: 220, height: 80 }));
    boxes.forEach((a, at) => {
      for (const b of boxes.slice(at + 1)) expect(overlaps(a, b, 0)).toBe(false);
    });
  });

  it("finds a free place below what is in the way", () => {
    const taken = [{ x: 0, y: 0, width: 220, height: 80 }];
    expect(freePlace([0, 0], { width: 220, height: 80 }, taken)).toEqual([0, 100]);
  });
});

describe("reading a draft", () => {
  it("never fails, and what it returns reads back the same", () => {
    fc.assert(
      fc.property(fc.anything(), (raw) => {
        const first = readDefinition(raw);
        expect(readDefinition(first.definition).definition).toEqual(first.definition);
      }),
    );
  });

  it("keeps what it does not know and tells what it repaired", () => {
    const { definition, notes } = readDefinition({
      name: "x",
      future: 1,
      nodes: [{ id: "a", component: "core/read", map: { over: "z" } }, { id: "a" }, 7],
      edges: [{ from: "a" }],
    });
    expect(definition).toMatchObject({ future: 1, nodes: [{ map: { over: "z" } }, { id: "a_2" }] });
    expect(notes).toEqual([
      "Two nodes were called `a`; one is now `a_2`.",
      "Node 3 is not an object and was left out.",
      "Edge 1 has no `from` and `to` and was left out.",
    ]);
  });
});
