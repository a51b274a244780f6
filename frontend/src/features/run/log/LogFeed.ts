import { ApiProblem } from "@/api/problem";
import type { LogQuery } from "@/api/resources/runs";
import type { LogPage } from "@/api/types";
import { LogBuffer } from "./LogBuffer";

const CHUNK = 256 * 1024;
/** Further behind than this while following, the feed leaps to the end instead of reading it all. */
const LEAP = 2 * CHUNK;
/** Between two fetches: a step that writes ten thousand lines a second is read five times in it. */
const PAUSE = 200;
/** Without any hint: look again. Hints may get lost. */
const LOOK_AGAIN = 3_000;

export interface FeedState {
  revision: number;
  loading: boolean;
  error: Error | null;
  follow: boolean;
  /** Lines that have fallen off the beginning so far, less those read in before it. */
  shifted: number;
}

type Fetch = (query: LogQuery, signal: AbortSignal) => Promise<LogPage>;

/** Keeps a `LogBuffer` filled: the end while following, more at either side when asked. */
export class LogFeed {
  readonly buffer = new LogBuffer();
  private state: FeedState = { revision: 0, loading: true, error: null, follow: true, shifted: 0 };
  private readonly listeners = new Set<() => void>();
  private controller = new AbortController();
  private busy = false;
  private again = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private nextAt = Infinity;

  constructor(private readonly fetch: Fetch) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getState = (): FeedState => this.state;

  start(): void {
    this.controller = new AbortController();
    this.busy = false;
    void this.pull();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.controller.abort();
  }

  /** The log has grown to so many bytes, or the attempt has ended (no number). */
  hint(bytes?: number): void {
    if (bytes !== undefined) {
      this.buffer.grew(bytes);
      this.change({});
    }
    if (this.state.follow) this.pullSoon(PAUSE);
  }

  setFollow(follow: boolean): void {
    if (follow === this.state.follow) return;
    this.change({ follow });
    if (follow) void this.pull();
  }

  retry(): void {
    this.failures = 0;
    void this.pull();
  }

  /** Reads what stands before the first line held. */
  async more(): Promise<void> {
    const { start } = this.buffer;
    if (start === 0 || this.busy) return;
    const offset = Math.max(0, start - CHUNK);
    await this.read({ offset, limit: start - offset }, (page) => {
      this.shift(-this.buffer.prepend(page));
    });
  }

  /** Reads what follows the last line held, for one who scrolls down without following. */
  async next(): Promise<void> {
    if (this.buffer.atEnd || this.busy) return;
    await this.read({ offset: this.buffer.end, limit: CHUNK }, (page) => {
      this.shift(this.buffer.append(page));
    });
  }

  private async pull(): Promise<void> {
    if (this.busy) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    const { buffer } = this;
    if (buffer.isEmpty || buffer.size - buffer.end > LEAP)
      await this.read({ tail: CHUNK }, (page) => {
        buffer.reset(page);
      });
    else
      await this.read({ offset: buffer.end, limit: CHUNK }, (page) => {
        this.shift(buffer.append(page));
      });
  }

  private async read(query: LogQuery, use: (page: LogPage) => void): Promise<void> {
    const { signal } = this.controller;
    this.busy = true;
    try {
      const page = await this.fetch(query, signal);
      if (signal.aborted) return;
      use(page);
      this.failures = 0;
      this.change({ loading: false, error: null });
    } catch (error) {
      if (signal.aborted) return;
      this.failures += 1;
      const nothingYet = error instanceof ApiProblem && error.status === 404 && this.buffer.isEmpty;
      this.change({ loading: false, error: nothingYet ? null : (error as Error) });
    } finally {
      if (!signal.aborted) {
        this.busy = false;
        this.plan();
      }
    }
  }

  private plan(): void {
    if (!this.state.follow || this.buffer.finished) return;
    const behind = this.again || (!this.buffer.atEnd && this.failures === 0);
    this.again = false;
    this.pullSoon(behind ? PAUSE : LOOK_AGAIN * 2 ** Math.min(this.failures, 3), true);
  }

  /** Sets the time of the next fetch; an earlier one that is set already stays. */
  private pullSoon(milliseconds: number, replace = false): void {
    if (this.busy) {
      this.again = true;
      return;
    }
    const at = Date.now() + milliseconds;
    if (!replace && this.nextAt <= at && this.nextAt > Date.now()) return;
    clearTimeout(this.timer);
    this.nextAt = at;
    this.timer = setTimeout(() => {
      this.nextAt = Infinity;
      void this.pull();
    }, milliseconds);
  }

  private shift(lines: number): void {
    this.state = { ...this.state, shifted: this.state.shifted + lines };
  }

  private change(change: Partial<FeedState>): void {
    this.state = { ...this.state, ...change, revision: this.state.revision + 1 };
    for (const listener of this.listeners) listener();
  }
}
