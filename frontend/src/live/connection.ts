/**
 * The live line to one run: numbered events without a gap and without a duplicate.
 *
 * The socket is the fast way and never the only one. While it is away the events are polled over
 * HTTP, and the socket is tried again with growing, jittered pauses; it continues at the last
 * number seen, so nothing is asked for twice.
 */

import type { RunEvent } from "@/api/types";

export type LiveStatus =
  /** The first connection is being made. */
  | "connecting"
  | "live"
  /** No socket; events come by polling. */
  | "polling"
  /** Neither way works at the moment; what is shown may be old. */
  | "offline"
  /** The run is unknown to us now: deleted, or we are no member of its team any more. */
  | "gone"
  | "closed";

export interface LogHint {
  node: string;
  attempt: number;
  bytes: number;
  lines: number;
}

export interface ConnectionOptions {
  runId: string;
  /** The number of the last event already known. */
  after: number;
  onEvents: (events: RunEvent[]) => void;
  onLog: (hint: LogHint) => void;
  onStatus: (status: LiveStatus) => void;
  /** Reads events over HTTP; rejects when that does not work. */
  fetchEvents: (after: number, signal: AbortSignal) => Promise<RunEvent[]>;
  openSocket?: (url: string) => WebSocket;
  random?: () => number;
}

type Frame =
  | { type: "events"; events: RunEvent[] }
  | ({ type: "log" } & LogHint)
  | { type: "ping" }
  | { type: "snapshot" };

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const OPEN_TIMEOUT = 8_000;
/** The server pings every 20 s; a line that is silent for longer than two of them is dead. */
const SILENCE = 45_000;
const POLL = 2_000;
const FIRST_POLL = 250;
/** While the socket is up: a second look, in case it is up but deaf. */
const SECOND_LOOK = 30_000;

const NOT_SIGNED_IN = 4401;
const UNKNOWN_RUN = 4404;

export class RunConnection {
  private lastSeq: number;
  private socket: WebSocket | null = null;
  private status: LiveStatus = "closed";
  private failures = 0;
  private stopped = true;
  private fetching: AbortController | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.lastSeq = options.after;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    window.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.onVisible);
    this.setStatus("connecting");
    this.connect();
  }

  stop(status: LiveStatus = "closed"): void {
    if (this.stopped) return;
    this.stopped = true;
    window.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.retryTimer);
    clearTimeout(this.pollTimer);
    this.dropSocket();
    this.fetching?.abort();
    this.setStatus(status);
  }

  /** Tries the socket at once: the network is back, or the reader asks for it. */
  readonly wake = (): void => {
    if (this.stopped) return;
    this.failures = 0;
    if (this.socket?.readyState !== WebSocket.OPEN) this.connect();
    void this.catchUp();
  };

  private readonly onVisible = (): void => {
    if (document.visibilityState === "visible" && this.status !== "live") this.wake();
  };

  private connect(): void {
    clearTimeout(this.retryTimer);
    this.dropSocket();
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    const url = `${scheme}://${window.location.host}/ws/runs/${this.options.runId}/?after=${this.lastSeq}`;
    let socket: WebSocket;
    try {
      socket = this.options.openSocket?.(url) ?? new WebSocket(url);
    } catch {
      this.retryLater(); // Forbidden by policy, say: polling goes on alone.
      return;
    }
    this.socket = socket;
    this.expectWord(OPEN_TIMEOUT);
    socket.onopen = () => {
      this.failures = 0;
      this.setStatus("live");
      this.expectWord(SILENCE);
      this.pollAfter(SECOND_LOOK);
    };
    socket.onmessage = (message) => {
      this.expectWord(SILENCE);
      this.receive(String(message.data));
    };
    socket.onclose = (event) => this.lost(event.code);
  }

  /** Closes the line when nothing is heard for so long. */
  private expectWord(milliseconds: number): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => {
      this.dropSocket();
      this.lost(0);
    }, milliseconds);
  }

  private dropSocket(): void {
    clearTimeout(this.silenceTimer);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private lost(code: number): void {
    clearTimeout(this.silenceTimer);
    this.socket = null;
    if (this.stopped) return;
    if (code === UNKNOWN_RUN) return this.stop("gone");
    if (this.status === "live") this.setStatus("polling");
    this.retryLater();
    // Asking over HTTP also raises the sign-in dialog, should that be the reason.
    this.pollAfter(code === NOT_SIGNED_IN ? 0 : FIRST_POLL);
  }

  private retryLater(): void {
    const random = this.options.random ?? Math.random;
    const pause = Math.min(FIRST_PAUSE * 2 ** this.failures, LONGEST_PAUSE);
    this.failures += 1;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), pause * (0.5 + random() / 2));
  }

  private receive(text: string): void {
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch (error) {
      console.error("A live frame is no JSON; the events are fetched instead.", error);
      void this.catchUp();
      return;
    }
    if (frame.type === "log") this.options.onLog(frame);
    else if (frame.type === "events" && !this.accept(frame.events)) void this.catchUp();
  }

  /** Hands on what is new and next in line. False when something before it is missing. */
  private accept(events: RunEvent[]): boolean {
    const fresh: RunEvent[] = [];
    let complete = true;
    for (const event of events) {
      if (event.seq <= this.lastSeq) continue;
      if (event.seq !== this.lastSeq + 1) {
        complete = false;
        break;
      }
      this.lastSeq = event.seq;
      fresh.push(event);
    }
    if (fresh.length > 0) this.options.onEvents(fresh);
    return complete;
  }

  private pollAfter(milliseconds: number): void {
    clearTimeout(this.pollTimer);
    this.pollTimer = setTimeout(() => void this.catchUp(), milliseconds);
  }

  /** Reads over HTTP until there is no more, then sets the time of the next look. */
  private async catchUp(): Promise<void> {
    if (this.fetching || this.stopped) return;
    const controller = new AbortController();
    this.fetching = controller;
    clearTimeout(this.pollTimer);
    try {
      for (;;) {
        const events = await this.options.fetchEvents(this.lastSeq, controller.signal);
        const before = this.lastSeq;
        this.accept(events);
        if (events.length === 0 || this.lastSeq === before) break;
      }
      if (!this.isLive() && !this.stopped) this.setStatus("polling");
    } catch (error) {
      if (this.stopped) return;
      if (isGone(error)) return this.stop("gone");
      if (!this.isLive()) this.setStatus("offline");
    } finally {
      this.fetching = null;
      if (!this.stopped) this.pollAfter(this.isLive() ? SECOND_LOOK : POLL);
    }
  }

  private isLive(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  private setStatus(status: LiveStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.options.onStatus(status);
  }
}

function isGone(error: unknown): boolean {
  return (error as { status?: number }).status === 404;
}
