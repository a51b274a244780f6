import "./canvas.css";

import {
  type EdgeChange,
  type NodeChange,
  ReactFlow,
  SelectionMode,
  useReactFlow,
} from "@xyflow/react";
import { type DragEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { moveAct, removeAct, useDocument, useDocumentStore } from "@/document";
import type { Terminal } from "@/graph/connect";
import { NODE_WIDTH, ORDER_Y, STEP } from "@/graph/geometry";
import type { Catalog, Layout, Point } from "@/graph/types";

import { CanvasChrome } from "./CanvasChrome";
import { useDrawn } from "./drawn";
import { FIRST_FIT } from "./fit";
import { type CardNode, type EdgeCache, flowEdges, flowNodes, type LinkEdge, type NodeCache } from "./flow";
import { EdgeToolsContext } from "./LinkEdge";
import { Overview } from "./overview/Overview";
import { useOverview } from "./overview/useOverview";
import { EDGE_TYPES, NODE_TYPES } from "./parts";
import { OpenNode } from "./PatternMarks";
import { COMPONENT_MIME, useDropOnEdge } from "./useDropOnEdge";
import { useKeepInView } from "./useKeepInView";
import { useWire } from "./useWire";
import { useCanvasView } from "./view";
import { Refusal, WireHint } from "./WireHint";

const REFUSAL_STAYS = 4_000;
const SNAP: [number, number] = [STEP, STEP];

interface ClientPoint {
  x: number;
  y: number;
}

export interface EditorCanvasProps {
  catalog: Catalog;
  /** Somebody wants a node here: a double click, a wire dropped on nothing, the button of an edge. */
  onAddAt: (client: ClientPoint, wire: Terminal | null, edge?: string) => void;
  /** A component was dropped, on an edge where one is given. */
  onDropComponent: (component: string, at: Point, edge?: string) => void;
  onOpenNode: (id: string) => void;
  /** The graph is in view for the first time. */
  onReady: () => void;
  /** Buttons behind those for the view. */
  tools?: ReactNode;
  children?: ReactNode;
}

/** The canvas of the editor: every change goes to the document as an edit. */
export function EditorCanvas(props: EditorCanvasProps) {
  const { catalog, onAddAt, onDropComponent, onOpenNode, onReady, tools, children } = props;
  const store = useDocumentStore();
  const definition = useDocument((state) => state.definition);
  const selection = useDocument((state) => state.selection);
  const editable = useDocument((state) => state.editable);
  const { screenToFlowPosition } = useReactFlow();
  const view = useCanvasView();
  const current = useDrawn(definition, catalog);
  const [dragged, setDragged] = useState<Layout | null>(null);
  const [refusal, setRefusal] = useState<{ at: ClientPoint; reason: string } | null>(null);
  const nodeCache = useRef<NodeCache>(new Map());
  const edgeCache = useRef<EdgeCache>(new Map());

  const layout = dragged ? { ...current.layout, ...dragged } : current.layout;
  const nodes = useMemo(
    () => flowNodes({ definition, catalog, layout, selected: selection.nodes, editable }, nodeCache.current),
    // `layout` is a new object at every drag step and otherwise follows `current`.
    [definition, catalog, current, dragged, selection.nodes, editable],
  );
  const edges = useMemo(
    () => flowEdges({ definition, catalog, layout: {}, selected: selection.edges, editable }, edgeCache.current),
    [definition, catalog, selection.edges, editable],
  );

  const shown = useOverview(nodes, edges);

  const [chosen] = selection.nodes;
  useKeepInView(nodes, selection.nodes.size === 1 ? (chosen ?? null) : null);

  const onNodesChange = useCallback(
    (changes: NodeChange<CardNode>[]) => {
      const moves = changes.filter((change) => change.type === "position" && change.dragging);
      if (moves.length > 0) {
        setDragged((before) => {
          const next = { ...before };
          for (const move of moves) {
            if (move.type === "position" && move.position) next[move.id] = [move.position.x, move.position.y];
          }
          return next;
        });
      }
      const chosen = selected(store.getState().selection.nodes, changes);
      if (chosen) store.getState().select({ ...store.getState().selection, nodes: chosen });
    },
    [store],
  );

  const onEdgesChange = useCallback(
    (changes: EdgeChange<LinkEdge>[]) => {
      const chosen = selected(store.getState().selection.edges, changes);
      if (chosen) store.getState().select({ ...store.getState().selection, edges: chosen });
    },
    [store],
  );

  const drop = useCallback(
    (layout: Layout | null) => {
      if (layout) store.getState().perform(moveAct(current, layout));
      setDragged(null);
    },
    [current, store],
  );
  const dropDragged = useCallback(() => drop(dragged), [drop, dragged]);
  const edgeDrop = useDropOnEdge();
  const dropNode = useCallback(
    (_event: unknown, node: CardNode) => {
      if (dragged && edgeDrop.put(node, dragged, current)) setDragged(null);
      else dropDragged();
    },
    [current, dragged, dropDragged, edgeDrop],
  );

  const onRefused = useCallback((at: ClientPoint, reason: string) => setRefusal({ at, reason }), []);

  // Read, or overtaken by what one does next.
  useEffect(() => {
    if (!refusal) return;
    const clear = (): void => setRefusal(null);
    const timer = setTimeout(clear, REFUSAL_STAYS);
    window.addEventListener("pointerdown", clear, true);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pointerdown", clear, true);
    };
  }, [refusal]);

  const wire = useWire({ catalog, onDropOnCanvas: onAddAt, onRefused });

  const edgeTools = useMemo(
    () => ({
      remove: (key: string) => {
        const { definition: now, perform } = store.getState();
        perform(removeAct(now, { nodes: new Set(), edges: new Set([key]) }));
      },
      insert: (key: string, client: ClientPoint) => onAddAt(client, null, key),
    }),
    [store, onAddAt],
  );

  const goNear = (id: string): void => {
    const node = nodes.find((one) => one.id === id);
    if (node) view.center({ ...node.position, width: node.width ?? 0, height: node.height ?? 0 });
  };

  const onDrop = (event: DragEvent): void => {
    const component = event.dataTransfer.getData(COMPONENT_MIME);
    if (!component) return;
    event.preventDefault();
    const { x, y } = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const edge = edgeDrop.taken();
    // The next keys are about the node that came, not about the palette it came from.
    if (event.currentTarget instanceof Element) event.currentTarget.closest<HTMLElement>("[data-canvas]")?.focus();
    onDropComponent(component, edge ? [x - NODE_WIDTH / 2, y - ORDER_Y] : [x, y], edge);
  };

  return (
    <EdgeToolsContext.Provider value={editable ? edgeTools : null}>
      <OpenNode.Provider value={onOpenNode}>
      <ReactFlow
        nodes={shown.nodes}
        edges={shown.edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onNodeDrag={(event, node, moved) => edgeDrop.dragged(event, node, moved, current)}
        onNodeDragStop={dropNode}
        onSelectionDragStop={dropDragged}
        onNodeContextMenu={(_event, node) => {
          // What the menu offers is about the selection: the node under the mouse belongs to it.
          const { selection: now, select } = store.getState();
          if (!now.nodes.has(node.id)) select({ nodes: new Set([node.id]) });
        }}
        onNodeDoubleClick={(_event, node) => onOpenNode(node.id)}
        onDoubleClick={({ target, clientX, clientY }) => {
          if (editable && target instanceof Element && target.matches(".react-flow__pane")) {
            onAddAt({ x: clientX, y: clientY }, null);
          }
        }}
        onDragOver={(event) => {
          if (!event.dataTransfer.types.includes(COMPONENT_MIME)) return;
          event.preventDefault();
          event.dataTransfer.dropEffect = "copy";
          edgeDrop.over(event);
        }}
        onDragLeave={edgeDrop.leave}
        onDrop={onDrop}
        {...wire}
        nodesConnectable={editable}
        nodesDraggable={editable}
        connectionRadius={22}
        connectionDragThreshold={3}
        nodeDragThreshold={3}
        snapToGrid
        snapGrid={SNAP}
        selectionMode={SelectionMode.Partial}
        multiSelectionKeyCode={["Meta", "Control", "Shift"]}
        deleteKeyCode={null}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements
        minZoom={0.02}
        maxZoom={2}
        attributionPosition="bottom-center"
        fitView
        fitViewOptions={FIRST_FIT}
        onInit={onReady}
      >
        <CanvasChrome nodes={shown.overview ? 0 : nodes.length}>{tools}</CanvasChrome>
        {shown.overview && (
          <Overview
            nodes={nodes}
            edges={edges}
            onSelect={(chosen) => store.getState().select({ nodes: chosen })}
            onOpen={goNear}
            onDrag={editable ? setDragged : null}
            onDrop={drop}
          />
        )}
        <WireHint catalog={catalog} />
        {children}
      </ReactFlow>
      {refusal && <Refusal {...refusal} />}
      </OpenNode.Provider>
    </EdgeToolsContext.Provider>
  );
}

/** The selection after the renderer's changes; null when they are about something else. */
function selected(
  before: ReadonlySet<string>,
  changes: readonly (NodeChange<CardNode> | EdgeChange<LinkEdge>)[],
): Set<string> | null {
  const picks = changes.filter((change) => change.type === "select");
  if (picks.length === 0) return null;
  const after = new Set(before);
  for (const { id, selected: chosen } of picks) {
    if (chosen) after.add(id);
    else after.delete(id);
  }
  return after;
}
