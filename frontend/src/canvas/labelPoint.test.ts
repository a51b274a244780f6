import { getBezierPath, Position } from "@xyflow/react";
import { expect, test } from "vitest";

import type { Point } from "@/graph/types";

import { labelPoint } from "./labelPoint";

const MIDDLE: Point = [-1, -1];
const edge = (targetX: number, targetY: number) => ({ sourceX: 0, sourceY: 0, targetX, targetY });

test("in the usual gap it is the middle of the curve", () => {
  const ends = edge(81, 116);
  const [, x, y] = getBezierPath({ ...ends, sourcePosition: Position.Right, targetPosition: Position.Left });
  const [labelX, labelY] = labelPoint(ends, MIDDLE);
  expect(Math.abs(labelX - x)).toBeLessThan(2);
  expect(Math.abs(labelY - y)).toBeLessThan(2);
});

test("long edges of one port share the place behind it", () => {
  expect(labelPoint(edge(380, -160), MIDDLE)).toEqual([40, 0]);
  expect(labelPoint(edge(380, 120), MIDDLE)).toEqual([40, 0]);
});

test("an edge that leads back keeps its words in the middle", () => {
  expect(labelPoint(edge(-200, 50), MIDDLE)).toEqual(MIDDLE);
});
