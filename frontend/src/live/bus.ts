import type { RunEvent } from "@/api/types";
import type { LogHint } from "./connection";

type LogListener = (hint: LogHint) => void;
type EventListener = (events: readonly RunEvent[]) => void;

/** What a live run tells to those who look closer than the snapshot: the log pane, the events table. */
export class RunBus {
  private readonly logs = new Set<LogListener>();
  private readonly events = new Set<EventListener>();

  onLog(listener: LogListener): () => void {
    this.logs.add(listener);
    return () => this.logs.delete(listener);
  }

  onEvents(listener: EventListener): () => void {
    this.events.add(listener);
    return () => this.events.delete(listener);
  }

  tellLog(hint: LogHint): void {
    for (const listener of this.logs) listener(hint);
  }

  tellEvents(events: readonly RunEvent[]): void {
    for (const listener of this.events) listener(events);
  }
}
