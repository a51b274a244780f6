import type { RunEvent } from "@/api/types";

interface FeedState {
  events: RunEvent[];
  loading: boolean;
  error: Error | null;
}

type Fetch = (after: number, signal: AbortSignal) => Promise<RunEvent[]>;

/** The events of a run from the first on: read page by page, and continued by the live ones. */
export class EventFeed {
  private state: FeedState = { events: [], loading: true, error: null };
  private readonly listeners = new Set<() => void>();
  private controller = new AbortController();
  private busy = false;

  constructor(private readonly fetch: Fetch) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getState = (): FeedState => this.state;

  start(): void {
    this.controller = new AbortController();
    this.busy = false;
    this.more();
  }

  stop(): void {
    this.controller.abort();
  }

  /** Live events, taken when they are the next ones; else they are read when they are looked at. */
  add(fresh: readonly RunEvent[]): void {
    let last = this.last();
    const next = fresh.filter((event) => {
      if (event.seq !== last + 1) return false;
      last = event.seq;
      return true;
    });
    if (next.length > 0) this.change({ events: [...this.state.events, ...next] });
  }

  more(): void {
    if (this.busy) return;
    void this.read();
  }

  private async read(): Promise<void> {
    const { signal } = this.controller;
    this.busy = true;
    this.change({ loading: true, error: null });
    try {
      const page = await this.fetch(this.last(), signal);
      if (signal.aborted) return;
      this.busy = false;
      this.change({ loading: false });
      this.add(page);
    } catch (error) {
      if (signal.aborted) return;
      this.busy = false;
      this.change({ loading: false, error: error as Error });
    }
  }

  private last(): number {
    return this.state.events.at(-1)?.seq ?? 0;
  }

  private change(change: Partial<FeedState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
