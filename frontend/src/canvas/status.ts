import type { NodeState } from "@/api/types";

/** How a node fares in a run: what the canvas shows on it. */
export interface NodeStatus {
  state: NodeState;
  reason?: string;
  attempt: number;
  maxAttempts?: number;
  /** 0 to 1. */
  progress?: number | null;
  startedAt?: string | null;
  endedAt?: string | null;
  cached?: boolean;
  /** A few words about each output, such as `150 rows` or `12 KiB`; shown on its edges. */
  outputs?: Readonly<Record<string, string>>;
}
