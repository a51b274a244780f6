/**
 * A window onto a long log: lines in memory from `firstLine` on, cut off at a limit at the end one
 * is not reading. Pure: what to fetch is asked of it, what was fetched is told to it.
 */

import type { LogPage } from "@/api/types";

export const MOST_LINES = 40_000;
export const MOST_CHARACTERS = 6 * 1024 * 1024;

// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

interface Piece {
  offset: number;
  end: number;
  firstLine: number;
  lines: string[];
  characters: number;
  /** Whether the text ends with a newline; else the next piece goes on in its last line. */
  closed: boolean;
}

export class LogBuffer {
  private pieces: Piece[] = [];
  /** Grows with every change, for those who keep something worked out from the lines. */
  revision = 0;
  /** The whole log's length in bytes, as far as is known. */
  size = 0;
  complete = false;
  truncated = false;
  private flat: { revision: number; lines: string[] } | null = null;

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /** The byte at which what is held begins. */
  get start(): number {
    return this.pieces[0]?.offset ?? 0;
  }

  /** The byte after what is held. */
  get end(): number {
    return this.pieces.at(-1)?.end ?? 0;
  }

  /** The number of the first line held, counted from 0. */
  get firstLine(): number {
    return this.pieces[0]?.firstLine ?? 0;
  }

  /** Whether everything there is, up to the last byte known, is held at this end. */
  get atEnd(): boolean {
    return this.end >= this.size;
  }

  get finished(): boolean {
    return this.complete && this.atEnd;
  }

  lines(): string[] {
    if (this.flat?.revision === this.revision) return this.flat.lines;
    const lines: string[] = [];
    let closed = true;
    for (const piece of this.pieces) {
      const [head, ...rest] = piece.lines;
      if (head !== undefined) {
        if (closed || lines.length === 0) lines.push(head);
        else lines[lines.length - 1] += head;
      }
      for (const line of rest) lines.push(line);
      closed = piece.closed;
    }
    this.flat = { revision: this.revision, lines };
    return lines;
  }

  /** Starts again with this page alone: the first one, or a leap to the end. */
  reset(page: LogPage): void {
    this.pieces = [];
    this.learn(page);
    const piece = toPiece(page);
    if (piece) this.pieces.push(piece);
    this.revision += 1;
  }

  /** Adds the page that follows; drops lines from the beginning beyond the limit. Returns how many. */
  append(page: LogPage): number {
    this.learn(page);
    if (this.isEmpty || page.offset > this.end) {
      this.reset(page);
      return 0;
    }
    if (page.offset < this.end) return 0; // Asked for twice: it is here already.
    const piece = toPiece(page);
    if (!piece) return 0;
    this.pieces.push(piece);
    this.revision += 1;
    return this.trim("start");
  }

  /** Adds the page that goes before; drops from the end beyond the limit. Returns the lines gained. */
  prepend(page: LogPage): number {
    this.learn(page);
    const piece = toPiece(upTo(page, this.start));
    if (!piece || piece.end !== this.start) return 0;
    const before = this.lines().length;
    this.pieces.unshift(piece);
    this.revision += 1;
    const gained = this.lines().length - before;
    this.trim("end");
    return gained;
  }

  /** Another word about how long the log is by now, such as a hint. */
  grew(bytes: number): void {
    this.size = Math.max(this.size, bytes);
  }

  private learn(page: LogPage): void {
    this.size = Math.max(this.size, page.size, page.next_offset);
    this.complete = page.complete;
    this.truncated = page.truncated;
  }

  private trim(side: "start" | "end"): number {
    let lines = 0;
    let characters = 0;
    for (const piece of this.pieces) {
      lines += piece.lines.length;
      characters += piece.characters;
    }
    let dropped = 0;
    while (this.pieces.length > 1 && (lines > MOST_LINES || characters > MOST_CHARACTERS)) {
      const piece = side === "start" ? this.pieces.shift() : this.pieces.pop();
      if (!piece) break;
      lines -= piece.lines.length;
      characters -= piece.characters;
      dropped += piece.closed ? piece.lines.length : piece.lines.length - 1;
    }
    return dropped;
  }
}

/** The page up to a byte: the server ends at whole characters, which may be a little later. */
function upTo(page: LogPage, end: number): LogPage {
  if (page.next_offset <= end) return page;
  const bytes = new TextEncoder().encode(page.text).subarray(0, Math.max(0, end - page.offset));
  return { ...page, next_offset: Math.max(page.offset, end), text: new TextDecoder().decode(bytes) };
}

function toPiece(page: LogPage): Piece | null {
  if (page.next_offset <= page.offset) return null;
  const text = page.text.replace(ESCAPES, "");
  const closed = text.endsWith("\n");
  const lines = (closed ? text.slice(0, -1) : text).split("\n").map(overwritten);
  return {
    offset: page.offset,
    end: page.next_offset,
    firstLine: page.first_line,
    lines,
    characters: text.length,
    closed,
  };
}

/** A progress bar rewrites its line with carriage returns; the last writing is what stands there. */
function overwritten(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf("\r") + 1);
}
