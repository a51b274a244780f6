/**
 * The document as the renderer wants it: nodes with their size and handles, edges with their ends.
 *
 * Objects are kept as long as nothing about them changes; the renderer then passes them over.
 */
import { type Edge, type Node, type NodeHandle, Position } from "@xyflow/react";

import { refOf } from "@/graph/catalog";
import { edgeKey, isData, parseEnd } from "@/graph/ends";
import { nodeSize, ORDER_Y, portY, type Size } from "@/graph/geometry";
import { type NodeInterface, portsOf } from "@/graph/interface";
import type { Catalog, ComponentSpec, Definition, Layout, NodeDef, PortType } from "@/graph/types";

export interface CardData extends Record<string, unknown> {
  node: NodeDef;
  spec: ComponentSpec | undefined;
  /** Its own ports; undefined where what it uses is unknown. */
  ports: NodeInterface | undefined;
  /** Names of ports that an edge ends at, as text, so that it can be compared. */
  joined: string;
  editable: boolean;
}

export type CardNode = Node<CardData, "card">;

export interface LinkData extends Record<string, unknown> {
  /** null for order alone. */
  type: PortType | null;
  /** The case of a branch that it hangs on. */
  branch: string | null;
  editable: boolean;
}

export type LinkEdge = Edge<LinkData, "link">;

/** Handle ids: `table` for a data port, and this for order. A port name cannot hold a dot. */
export const ORDER_HANDLE = ".order";
export const HANDLE_SIZE = 12;

export function handlePort(handle: string | null | undefined): string | null {
  return !handle || handle === ORDER_HANDLE ? null : handle;
}

export interface FlowOptions {
  definition: Definition;
  catalog: Catalog;
  layout: Layout;
  selected: ReadonlySet<string>;
  editable: boolean;
}

export type NodeCache = Map<string, CardNode>;

export function flowNodes(options: FlowOptions, cache: NodeCache): CardNode[] {
  const { definition, catalog, layout, selected, editable } = options;
  const joined = joinedPorts(definition);
  const nodes = definition.nodes.map((node) => {
    const spec = catalog.spec(refOf(node));
    const ports = portsOf(definition, catalog, node);
    const [x, y] = layout[node.id] ?? [0, 0];
    const known = cache.get(node.id);
    const ends = joined.get(node.id) ?? "";
    if (
      known &&
      known.data.node === node &&
      known.data.spec === spec &&
      known.data.ports === ports &&
      known.data.joined === ends &&
      known.data.editable === editable &&
      known.position.x === x &&
      known.position.y === y &&
      known.selected === selected.has(node.id)
    ) {
      return known;
    }
    const data: CardData = { node, spec, ports, joined: ends, editable };
    return flowNode(data, { x, y }, selected.has(node.id));
  });
  cache.clear();
  for (const node of nodes) cache.set(node.id, node);
  return nodes;
}

function flowNode(data: CardData, position: { x: number; y: number }, selected: boolean): CardNode {
  const { node, spec, ports, editable } = data;
  const size = nodeSize(ports);
  const title = node.title || spec?.title || node.id;
  return {
    id: node.id,
    type: "card",
    position,
    ...size,
    measured: size,
    handles: handlesOf(ports, size),
    selected,
    draggable: editable,
    connectable: editable,
    ariaLabel: title === node.id ? title : `${title}, ${node.id}`,
    data,
  };
}

function joinedPorts({ edges }: Definition): Map<string, string> {
  const joined = new Map<string, string>();
  const add = (end: string, side: string): void => {
    const { node, port } = parseEnd(end);
    joined.set(node, `${joined.get(node) ?? ""} ${side}${port ?? ORDER_HANDLE} `);
  };
  for (const { from, to } of edges) {
    add(from, ">");
    add(to, "<");
  }
  return joined;
}

export function isJoined(joined: string, side: "in" | "out", port: string): boolean {
  return joined.includes(` ${side === "out" ? ">" : "<"}${port} `);
}

function handlesOf(ports: NodeInterface | undefined, { width }: Size): NodeHandle[] {
  const handle = (side: "in" | "out", id: string, middle: number): NodeHandle => ({
    id,
    type: side === "in" ? "target" : "source",
    position: side === "in" ? Position.Left : Position.Right,
    x: (side === "in" ? 0 : width) - HANDLE_SIZE / 2,
    y: middle - HANDLE_SIZE / 2,
    width: HANDLE_SIZE,
    height: HANDLE_SIZE,
  });
  return [
    handle("in", ORDER_HANDLE, ORDER_Y),
    handle("out", ORDER_HANDLE, ORDER_Y),
    ...(ports?.inputs ?? []).map((port, row) => handle("in", port.name, portY(row))),
    ...(ports?.outputs ?? []).map((port, row) => handle("out", port.name, portY(row))),
  ];
}

export type EdgeCache = Map<string, LinkEdge>;

/** Edges whose ends exist; the others are told by the problems list alone. */
export function flowEdges(options: FlowOptions, cache: EdgeCache): LinkEdge[] {
  const { definition, catalog, selected, editable } = options;
  const ports = new Map(
    definition.nodes.map((node) => [node.id, portsOf(definition, catalog, node)] as const),
  );
  const edges = new Map<string, LinkEdge>();
  for (const edge of definition.edges) {
    const key = edgeKey(edge);
    const source = parseEnd(edge.from);
    const target = parseEnd(edge.to);
    if (!ports.has(source.node) || !ports.has(target.node)) continue;
    const giver = ports.get(source.node);
    const output = giver?.outputs.find(({ name }) => name === source.port);
    const input = ports.get(target.node)?.inputs.find(({ name }) => name === target.port);
    const data = isData(edge);
    if ((source.port !== null && !output) || (target.port !== null && !input)) continue;
    const branch = source.port !== null && giver?.cases.includes(source.port) ? source.port : null;
    const type = data ? (output?.type ?? "any") : null;
    const known = cache.get(key);
    const fresh =
      known &&
      known.data?.type === type &&
      known.data.branch === branch &&
      known.data.editable === editable &&
      known.selected === selected.has(key);
    edges.set(key, fresh ? known : {
      id: key,
      type: "link",
      source: source.node,
      target: target.node,
      sourceHandle: source.port ?? ORDER_HANDLE,
      targetHandle: target.port ?? ORDER_HANDLE,
      selected: selected.has(key),
      ariaLabel: data ? `Edge from ${edge.from} to ${edge.to}` : `Order: ${edge.from} before ${edge.to}`,
      data: { type, branch, editable },
    });
  }
  cache.clear();
  for (const [key, edge] of edges) cache.set(key, edge);
  return [...edges.values()];
}
