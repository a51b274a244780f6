import { expect, test } from "vitest";
import { formatBytes, formatDuration, formatRelative, span } from "./format";

test.each([
  [0, "0 ms"],
  [340, "340 ms"],
  [4_230, "4.2 s"],
  [9_960, "10 s"],
  [59_700, "1 min 00 s"],
  [125_000, "2 min 05 s"],
  [3_720_000, "1 h 02 min"],
  [90_000_000, "1 d 01 h"],
])("%d milliseconds are %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  [0, "0 B"],
  [1_023, "1023 B"],
  [1_536, "1.5 KiB"],
  [5 * 1024 ** 3, "5.0 GiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("an open end is now, and nothing has happened before the start", () => {
  const start = "2026-11-23T07:00:00Z";
  expect(span(start, null, Date.parse(start) + 1_500)).toBe(1_500);
  expect(span(start, "2026-11-23T07:00:02Z", 0)).toBe(2_000);
  expect(span(null, null, 0)).toBeNull();
});

test("a moment ago is just now, a year ago a date", () => {
  const now = Date.parse("2026-11-23T07:00:00Z");
  expect(formatRelative("2026-11-23T06:59:50Z", now)).toBe("just now");
  expect(formatRelative("2026-11-23T06:55:00Z", now)).toMatch(/5/);
  expect(formatRelative("2025-11-23T07:00:00Z", now)).toMatch(/23/);
});
