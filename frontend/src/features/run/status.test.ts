import { expect, test } from "vitest";

import { reasonBeside } from "./status";

test("what the error says already is not said twice", () => {
  expect(reasonBeside("boom", "boom")).toBe("");
  expect(reasonBeside("boom; not tried again", "boom")).toBe("not tried again");
  expect(reasonBeside("`load` failed", undefined)).toBe("`load` failed");
  expect(reasonBeside("the run was cancelled", "boom")).toBe("the run was cancelled");
});
