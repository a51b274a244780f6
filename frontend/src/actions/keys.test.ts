// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import { ACTIONS } from "./actions";
import { isTyping, matches } from "./keys";

const press = (key: string, more: Partial<KeyboardEvent> = {}) => ({
  key,
  code: "",
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});

describe("keys", () => {
  it("match with exactly their modifiers", () => {
    expect(matches("Mod+Z", press("z", { ctrlKey: true }))).toBe(true);
    expect(matches("Mod+Z", press("z", { metaKey: true }))).toBe(true);
    expect(matches("Mod+Z", press("Z", { ctrlKey: true, shiftKey: true }))).toBe(false);
    expect(matches("Mod+Shift+Z", press("Z", { ctrlKey: true, shiftKey: true }))).toBe(true);
    expect(matches("F", press("f"))).toBe(true);
    expect(matches("F", press("f", { ctrlKey: true }))).toBe(false);
  });

  it("match signs however the keyboard makes them, and letters that Alt changes", () => {
    expect(matches("?", press("?", { shiftKey: true }))).toBe(true);
    expect(matches("?", press("?"))).toBe(true);
    expect(matches("Shift+Alt+T", press("ˇ", { code: "KeyT", altKey: true, shiftKey: true }))).toBe(true);
  });

  it("are given to one action each", () => {
    const keys = ACTIONS.flatMap((action) => action.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("are text while somebody types", () => {
    document.body.innerHTML = `<input><div role="dialog"><button id="b"></button></div><p id="p"></p>`;
    expect(isTyping(document.querySelector("input"))).toBe(true);
    expect(isTyping(document.querySelector("#b"))).toBe(true);
    expect(isTyping(document.querySelector("#p"))).toBe(false);
  });
});
