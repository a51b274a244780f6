/**
 * May these two ends be joined? If not: why, in words that a person can act on.
 *
 * A guide is made once when a connection starts; it then answers for every port in view without
 * walking the graph again.
 */
import { cycleThrough, predecessors, reachable, successors } from "./cycles";
import { edgeKey, formatEnd, parseEnd } from "./ends";
import { type Label, labelsOf, withArticle } from "./labels";
import { feeds, isMapped, type NodeInterface, portsOf } from "./interface";
import type { Catalog, Definition, EdgeDef, NodeDef } from "./types";

/** A port, or with `port: null` the order handle, on the outgoing or incoming side of a node. */
export interface Terminal {
  node: string;
  port: string | null;
  side: "out" | "in";
}

export type RefusalCode =
  | "same_side"
  | "self_edge"
  | "unknown_node"
  | "unknown_port"
  | "mixed_edge"
  | "exit_edge"
  | "duplicate_edge"
  | "type_mismatch"
  | "port_taken"
  | "cycle";

export type Verdict =
  | { ok: true; edge: EdgeDef }
  | { ok: false; code: RefusalCode; reason: string };

export type Guide = (end: Terminal) => Verdict;

const refuse = (code: RefusalCode, reason: string): Verdict => ({ ok: false, code, reason });

/** Judges every possible other end of a connection that starts at `start`. */
export function connectionGuide(definition: Definition, catalog: Catalog, start: Terminal): Guide {
  const { edges } = definition;
  const label = labelsOf(definition);
  const nodes = new Map(definition.nodes.map((node) => [node.id, node]));
  const existing = new Set(edges.map(edgeKey));
  const takenBy = new Map(edges.map((edge) => [edge.to, edge.from]));
  const ports = (end: Terminal): NodeInterface | undefined => {
    const node = nodes.get(end.node);
    return node && portsOf(definition, catalog, node);
  };
  const wouldCycle =
    start.side === "out"
      ? reachable(start.node, predecessors(edges))
      : reachable(start.node, successors(edges));

  return (end) => {
    if (end.side === start.side) {
      return refuse(
        "same_side",
        start.side === "out"
          ? "Both ends are outputs; end at an input."
          : "Both ends are inputs; end at an output.",
      );
    }
    const [source, target] = start.side === "out" ? [start, end] : [end, start];
    if (source.node === target.node) {
      return refuse("self_edge", `${label(source.node)} cannot be connected to itself.`);
    }
    const edge = { from: formatEnd(source), to: formatEnd(target) };
    if (existing.has(edgeKey(edge))) {
      return refuse("duplicate_edge", `The edge \`${edgeKey(edge)}\` is there already.`);
    }
    const onExit = (end: Terminal): boolean => nodes.get(end.node)?.on_exit === true;
    if (onExit(source) !== onExit(target)) {
      const [exiting, other] = onExit(source) ? [source, target] : [target, source];
      return refuse(
        "exit_edge",
        `${label(exiting.node)} runs on exit, when all else is over, so no edge may join it with ` +
          `${label(other.node)}. Its expressions may look at every node.`,
      );
    }
    const mixed = (source.port === null) !== (target.port === null);
    if (mixed && !(source.port !== null && ports(source)?.cases.includes(source.port))) {
      return refuse(
        "mixed_edge",
        "Join a port to a port to carry data, or two order handles for order alone.",
      );
    }
    const refusal = dataRefusal({ source, target, nodes, ports, takenBy, label });
    if (refusal) return refusal;
    if (wouldCycle.has(end.node)) {
      const path = cycleThrough(edges, source.node, target.node) ?? [source.node, target.node];
      return refuse(
        "cycle",
        `${path.map(label).join(" → ")} would be a cycle; a pipeline never goes back.`,
      );
    }
    return { ok: true, edge };
  };
}

interface DataQuestion {
  source: Terminal;
  target: Terminal;
  nodes: ReadonlyMap<string, NodeDef>;
  ports: (end: Terminal) => NodeInterface | undefined;
  takenBy: ReadonlyMap<string, string>;
  label: Label;
}

/** What speaks against carrying data from `source` to `target`; null for order alone. */
function dataRefusal({ source, target, nodes, ports, takenBy, label }: DataQuestion): Verdict | null {
  if (source.port === null || target.port === null) return null;
  const giver = ports(source);
  const output = giver?.outputs.find(({ name }) => name === source.port);
  const input = ports(target)?.inputs.find(({ name }) => name === target.port);
  if (!giver || !output || !input) {
    const missing = output ? target : source;
    if (!nodes.has(missing.node)) {
      return refuse("unknown_node", `There is no node \`${missing.node}\`.`);
    }
    const sort = missing.side === "out" ? "output" : "input";
    const known = (missing.side === "out" ? ports(missing)?.outputs : ports(missing)?.inputs) ?? [];
    const names = known.map(({ name }) => `\`${name}\``).join(", ");
    return refuse(
      "unknown_port",
      `${label(missing.node)} has no ${sort} \`${missing.port}\`; ` +
        (names ? `it has ${names}.` : `it has no ${sort}s.`),
    );
  }
  const place = `${label(target.node)} at \`${target.port}\``;
  if (!feeds(giver, output, input, isMapped(nodes.get(target.node), target.port))) {
    return refuse(
      "type_mismatch",
      `${place} takes ${withArticle(input.type)}, ` +
        `but \`${source.port}\` of ${label(source.node)} is ${withArticle(output.type)}; ` +
        `put a component between them that makes ${withArticle(input.type)}.`,
    );
  }
  const taker = takenBy.get(formatEnd(target));
  if (taker !== undefined && !input.multiple) {
    const giver = parseEnd(taker);
    return refuse(
      "port_taken",
      `${place} already gets \`${giver.port}\` of ${label(giver.node)} and takes only one edge; ` +
        "remove that one first.",
    );
  }
  return null;
}

/** One question without a guide, for tests, paste and keyboard wiring. */
export function checkConnection(
  definition: Definition,
  catalog: Catalog,
  source: Terminal,
  target: Terminal,
): Verdict {
  return connectionGuide(definition, catalog, source)(target);
}

/** An edge as its two terminals. */
export function terminals(edge: EdgeDef): { source: Terminal; target: Terminal } {
  return {
    source: { ...parseEnd(edge.from), side: "out" },
    target: { ...parseEnd(edge.to), side: "in" },
  };
}
