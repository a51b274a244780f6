import { expect, test } from "vitest";

import type { CardNode } from "../flow";
import { sceneOf, within } from "./scene";

function card(id: string, x: number, y: number): CardNode {
  return { id, position: { x, y }, width: 220, height: 100, data: {} } as unknown as CardNode;
}

test("the topmost box at a point is found, also across the borders of cells", () => {
  const scene = sceneOf([card("low", 400, 450), card("high", 500, 480), card("far", -700, -20)], []);
  expect(scene.at(410, 460)?.id).toBe("low");
  expect(scene.at(550, 530)?.id).toBe("high");
  expect(scene.at(-490, 70)?.id).toBe("far");
  expect(scene.at(-480 + 1, 70)).toBeUndefined();
  expect(scene.at(300, 300)).toBeUndefined();
});

test("a box takes every node that it touches", () => {
  const scene = sceneOf([card("a", 0, 0), card("b", 300, 0), card("c", 600, 0)], []);
  expect(within(scene, { x: 200, y: 50, width: 150, height: 10 })).toEqual(["a", "b"]);
});
