/** A run moves on by numbered events: an old snapshot plus the events after it is a fresh snapshot. */

import type { NodeState, RunEvent, RunNode, RunSnapshot } from "@/api/types";

/**
 * Where each node stands in `nodes`. The order never changes within a run, so a copied array takes
 * the index of the one it was copied from.
 */
const positions = new WeakMap<RunNode[], Map<string, number>>();

function positionsOf(nodes: RunNode[]): Map<string, number> {
  let known = positions.get(nodes);
  if (!known) {
    known = new Map(nodes.map((node, index) => [node.id, index]));
    positions.set(nodes, known);
  }
  return known;
}

export function findNode(run: RunSnapshot, id: string): RunNode | undefined {
  const index = positionsOf(run.nodes).get(id);
  return index === undefined ? undefined : run.nodes[index];
}

/**
 * The run after these events, as a new value; the given one is left alone.
 *
 * Events that the run has already seen are passed over. An event that is not the next one stops
 * the work there: what is missing has to be fetched first (`last_seq` says from where).
 */
export function applyEvents<R extends RunSnapshot>(run: R, events: readonly RunEvent[]): R {
  const work = new Work(run);
  for (const event of events) {
    if (event.seq <= work.run.last_seq) continue;
    if (event.seq !== work.run.last_seq + 1) break;
    work.apply(event);
  }
  return work.run;
}

type Counts = Partial<Record<NodeState, number>>;

interface ItemChange {
  state: NodeState;
  was: NodeState;
}

const UNSTARTED: readonly NodeState[] = ["pending", "queued", "waiting"];

/**
 * The counts with the pending ones worked out from the total: events of one moment may tell that
 * items were queued before they tell how many there are.
 */
function withPending(counts: Counts, total: number): RunNode["items"] {
  const { pending: _, ...rest } = counts;
  const known = Object.entries(rest).filter(([, count]) => count > 0);
  const pending = total - known.reduce((sum, [, count]) => sum + count, 0);
  return { ...Object.fromEntries(known), ...(pending > 0 && { pending }) };
}

/** Copies the run, its nodes and its counts at the first change of each, not at every event. */
class Work<R extends RunSnapshot> {
  run: R;
  private ownRun = false;
  private ownNodes = false;
  private ownCounts = false;
  private readonly ownNode = new Set<string>();

  constructor(run: R) {
    this.run = run;
  }

  apply(event: RunEvent): void {
    if (!this.ownRun) {
      this.run = { ...this.run };
      this.ownRun = true;
    }
    this.run.last_seq = event.seq;
    switch (event.kind) {
      case "run.state":
        Object.assign(this.run, event.data);
        break;
      case "node.state":
      case "node.progress":
        this.changeNode(event.node, event.data as Partial<RunNode>);
        break;
      case "item.state":
        this.moveItem(event.node, event.data as unknown as ItemChange);
        break;
      case "items.ended":
        this.endItems(event.node, (event.data as { state: NodeState }).state);
        break;
      default:
        break; // Metrics and kinds of a newer server change nothing that is shown from here.
    }
  }

  private changeNode(id: string, change: Partial<RunNode>): void {
    const index = positionsOf(this.run.nodes).get(id);
    if (index === undefined) return;
    const node = this.ownedNode(index, id);
    if (change.state && change.state !== node.state) this.recount(node.state, change.state);
    const total = node.items_total;
    Object.assign(node, change, { id });
    // The items are made before the node says how many there are.
    if (node.items_total !== total) node.items = withPending(node.items, node.items_total);
  }

  /** An item of a mapped node, `train[17]`: its node counts it. */
  private moveItem(id: string, { state, was }: ItemChange): void {
    const node = this.mappedNode(id.slice(0, id.lastIndexOf("[")));
    if (!node || state === was) return;
    const counts: Counts = { ...node.items };
    counts[was] = (counts[was] ?? 0) - 1;
    counts[state] = (counts[state] ?? 0) + 1;
    node.items = withPending(counts, node.items_total);
  }

  /** All items that no worker has end together. */
  private endItems(id: string, state: NodeState): void {
    const node = this.mappedNode(id);
    if (!node) return;
    const counts: Counts = { ...node.items };
    let ended = 0;
    for (const one of UNSTARTED) {
      ended += counts[one] ?? 0;
      delete counts[one];
    }
    counts[state] = (counts[state] ?? 0) + ended;
    node.items = withPending(counts, node.items_total);
  }

  private mappedNode(id: string): RunNode | null {
    const index = positionsOf(this.run.nodes).get(id);
    return index === undefined ? null : this.ownedNode(index, id);
  }

  private ownedNode(index: number, id: string): RunNode {
    if (!this.ownNodes) {
      const known = positionsOf(this.run.nodes);
      this.run.nodes = [...this.run.nodes];
      positions.set(this.run.nodes, known);
      this.ownNodes = true;
    }
    let node = this.run.nodes[index] as RunNode;
    if (!this.ownNode.has(id)) {
      node = { ...node };
      this.run.nodes[index] = node;
      this.ownNode.add(id);
    }
    return node;
  }

  private recount(from: NodeState, to: NodeState): void {
    if (!this.ownCounts) {
      this.run.node_counts = { ...this.run.node_counts };
      this.ownCounts = true;
    }
    const counts = this.run.node_counts;
    const left = (counts[from] ?? 0) - 1;
    if (left > 0) counts[from] = left;
    else delete counts[from];
    counts[to] = (counts[to] ?? 0) + 1;
  }
}

/** Of two snapshots of one run the one that has seen more; a slow answer never turns time back. */
export function newest<R extends RunSnapshot>(old: R | undefined, fresh: R): R {
  return old && old.id === fresh.id && old.last_seq > fresh.last_seq ? old : fresh;
}
