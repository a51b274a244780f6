import { expect, test } from "vitest";
import type { RoleAction } from "@/api/types";
import { inWords } from "./rights";

const TABLE: RoleAction[] = [
  { action: "view", words: "look", roles: ["viewer", "operator", "editor", "admin"] },
  { action: "run", words: "run", roles: ["operator", "editor", "admin"] },
  { action: "edit", words: "edit", roles: ["editor", "admin"] },
];

test.each([
  [null, "editor", "all that an editor may"],
  [null, "viewer", "all that a viewer may"],
  [["run"], "editor", "view, run"],
  [["view", "run", "edit"], "viewer", "all that a viewer may"],
  [["edit"], "operator", "only look"],
] as const)("%s for %s is: %s", (scopes, role, words) => {
  expect(inWords(scopes, role, TABLE)).toBe(words);
});
