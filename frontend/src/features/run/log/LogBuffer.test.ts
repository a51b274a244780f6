import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogPage } from "@/api/types";
import { LogBuffer, MOST_LINES } from "./LogBuffer";

const encoder = new TextEncoder();

/** Like the server: bytes from an offset on, whole characters only. */
function page(log: string, offset: number, limit: number, complete = true): LogPage {
  const bytes = encoder.encode(log);
  const boundary = (index: number, step: number) => {
    let at = Math.min(index, bytes.length);
    while (at > 0 && at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += step;
    return at;
  };
  const start = boundary(offset, 1);
  const end = Math.max(start, boundary(start + limit, -1));
  const text = new TextDecoder().decode(bytes.subarray(start, end));
  return {
    attempt: 1,
    offset: start,
    next_offset: end,
    size: bytes.length,
    first_line: new TextDecoder().decode(bytes.subarray(0, start)).split("\n").length - 1,
    lines: text.split("\n").length - 1,
    text,
    complete,
    truncated: false,
    cleaned_at: null,
  };
}

const logs = fc.array(fc.string({ unit: "grapheme", maxLength: 12 }).map((line) => line.replace(/[\n\r\u001b]/g, ".")), { minLength: 1, maxLength: 40 });

describe("LogBuffer", () => {
  test("pages one after another make the log, wherever lines and characters are cut", () => {
    fc.assert(
      fc.property(logs, fc.integer({ min: 5, max: 60 }), (lines, limit) => {
        const log = `${lines.join("\n")}\n`;
        const buffer = new LogBuffer();
        while (buffer.isEmpty || !buffer.atEnd) buffer.append(page(log, buffer.end, limit));
        expect(buffer.lines()).toEqual(lines);
        expect(buffer.firstLine).toBe(0);
        expect(buffer.finished).toBe(true);
      }),
    );
  });

  test("from the end backwards, the numbers of the lines stay right", () => {
    fc.assert(
      fc.property(logs, fc.integer({ min: 5, max: 60 }), (lines, limit) => {
        const log = `${lines.join("\n")}\n`;
        const size = encoder.encode(log).length;
        const buffer = new LogBuffer();
        buffer.reset(page(log, Math.max(0, size - limit), limit));
        for (let round = 0; buffer.start > 0 && round < 1_000; round += 1) {
          const offset = Math.max(0, buffer.start - limit);
          buffer.prepend(page(log, offset, buffer.start - offset));
          expect(lines[buffer.firstLine]?.endsWith(buffer.lines()[0] ?? "?")).toBe(true);
        }
        expect(buffer.lines()).toEqual(lines);
      }),
    );
  });

  test("a page that comes twice is taken once", () => {
    const buffer = new LogBuffer();
    buffer.append(page("one\ntwo\n", 0, 4, false));
    buffer.append(page("one\ntwo\n", 4, 4, false));
    buffer.append(page("one\ntwo\n", 4, 4, false));
    expect(buffer.lines()).toEqual(["one", "two"]);
  });

  test("keeps a limited number of lines, and says how many fell off", () => {
    const buffer = new LogBuffer();
    const lines = 10_000;
    const text = "x\n".repeat(lines);
    let dropped = 0;
    for (let round = 0; round < 8; round += 1)
      dropped += buffer.append({
        attempt: 1,
        offset: round * text.length,
        next_offset: (round + 1) * text.length,
        size: 8 * text.length,
        first_line: round * lines,
        lines,
        text,
        complete: false,
        truncated: false,
        cleaned_at: null,
      });
    expect(buffer.lines().length).toBeLessThanOrEqual(MOST_LINES);
    expect(dropped + buffer.lines().length).toBe(8 * lines);
    expect(buffer.firstLine).toBe(dropped);
  });

  test("colours are left out, and a rewritten line shows its last writing", () => {
    const buffer = new LogBuffer();
    buffer.append(page("\u001b[31mred\u001b[0m\n10 %\r20 %\r30 %\r\n", 0, 1_000));
    expect(buffer.lines()).toEqual(["red", "30 %"]);
  });
});
