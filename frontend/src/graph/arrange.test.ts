import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { align, ALIGNMENTS, distribute, type Placed } from "./arrange";

const box = (id: string, x: number, y: number, width = 100, height = 50): Placed => ({ id, x, y, width, height });
const boxes = fc
  .array(fc.tuple(...[fc.integer({ min: -500, max: 500 }), fc.integer({ min: -500, max: 500 }), fc.integer({ min: 10, max: 90 })] as const), {
    minLength: 2,
    maxLength: 8,
  })
  .map((places) => places.map(([x, y, size], at) => box(`n${at}`, x, y, 220, size)));

describe("aligning", () => {
  it("puts one side or the middle of all on one line", () => {
    const two = [box("a", 0, 0), box("b", 40, 90, 100, 150)];
    expect(align(two, "left")).toEqual({ a: [0, 0], b: [0, 90] });
    expect(align(two, "right")).toEqual({ a: [40, 0], b: [40, 90] });
    expect(align(two, "middle")).toEqual({ a: [0, 95], b: [40, 45] });
    expect(align(two, "bottom")).toEqual({ a: [0, 190], b: [40, 90] });
  });

  it("leaves each at most a rounding away from the line, in the space they took", () => {
    fc.assert(
      fc.property(boxes, fc.constantFrom(...ALIGNMENTS), (all, how) => {
        const once = align(all, how);
        const moved = all.map((one) => ({ ...one, x: once[one.id]?.[0] ?? 0, y: once[one.id]?.[1] ?? 0 }));
        const [left, top] = [Math.min(...all.map(({ x }) => x)), Math.min(...all.map(({ y }) => y))];
        expect(moved.every(({ x, y }) => x >= left && y >= top)).toBe(true);
        const sideways = how === "left" || how === "center" || how === "right";
        const lines = moved.map(({ x, y, width, height }) => {
          const [start, extent] = sideways ? [x, width] : [y, height];
          return start + extent * (how === "left" || how === "top" ? 0 : how === "right" || how === "bottom" ? 1 : 0.5);
        });
        expect(Math.max(...lines) - Math.min(...lines)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("distributing", () => {
  it("makes the gaps equal between the first and the last", () => {
    const three = [box("a", 0, 0), box("c", 400, 20), box("b", 110, 10)];
    expect(distribute(three, "horizontal")).toEqual({ a: [0, 0], b: [200, 10], c: [400, 20] });
  });

  it("keeps the other direction, the order and both ends", () => {
    fc.assert(
      fc.property(boxes, (all) => {
        const after = distribute(all, "vertical");
        expect(all.every(({ id, x }) => after[id]?.[0] === x)).toBe(true);
        const tops = all.map(({ y }) => y);
        expect(Math.min(...all.map(({ id }) => after[id]?.[1] ?? 0))).toBe(Math.min(...tops));
      }),
    );
  });
});
