import { expect, test } from "vitest";
import { shortName } from "./shortName";

test.each([
  ["Data & ML", "data-ml"],
  ["  Équipe Été ", "equipe-ete"],
  ["-_x_-", "x"],
  ["日本", ""],
])("%s becomes %s", (name, short) => {
  expect(shortName(name)).toBe(short);
});

test("a dash that is being typed stays", () => {
  expect(shortName("data-", true)).toBe("data-");
});
