import { useReactFlow, useStore, useStoreApi } from "@xyflow/react";
import { useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";

import { type Box, STEP } from "@/graph/geometry";
import type { Layout } from "@/graph/types";
import { useTheme } from "@/ui/theme";

import type { CardNode, LinkEdge } from "../flow";
import { useMarksStore } from "../marks";
import { colorsAt } from "./colors";
import { paint } from "./paint";
import { sceneOf, within } from "./scene";

export interface OverviewProps {
  nodes: readonly CardNode[];
  edges: readonly LinkEdge[];
  /** The selection as it shall be. */
  onSelect: (nodes: ReadonlySet<string>) => void;
  onOpen?: (node: string) => void;
  /** Nodes are being moved; null where they stay where they are. */
  onDrag?: ((layout: Layout) => void) | null;
  onDrop?: (layout: Layout) => void;
}

const RENDERER = ".react-flow__renderer";
/** A press that moves less than this is a click. */
const STILL = 3;

/**
 * A large graph seen from far, in one picture instead of thousands of elements. It takes the mouse
 * only over a node, and for a box that is drawn with Shift; all else is the renderer's below it.
 */
export function Overview({ nodes, edges, onSelect, onOpen, onDrag, onDrop }: OverviewProps) {
  const host = useStore(({ domNode }) => domNode?.querySelector<HTMLElement>(RENDERER) ?? null);
  const store = useStoreApi();
  const marks = useMarksStore();
  const theme = useTheme();
  const { screenToFlowPosition } = useReactFlow();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [box, setBox] = useState<Box | null>(null);
  const scene = useMemo(() => sceneOf(nodes, edges), [nodes, edges]);
  const latest = useRef(scene);
  latest.current = scene;

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    let colors = colorsAt(element);
    let frame = 0;
    const draw = (): void => {
      frame = 0;
      const { width, height, transform } = store.getState();
      const ratio = window.devicePixelRatio;
      if (element.width !== Math.round(width * ratio)) element.width = Math.round(width * ratio);
      if (element.height !== Math.round(height * ratio)) element.height = Math.round(height * ratio);
      paint(context, scene, marks.getState(), colors, { width, height, transform, ratio });
    };
    const ask = (): void => {
      frame ||= requestAnimationFrame(draw);
    };
    const recolor = (): void => {
      colors = colorsAt(element);
      ask();
    };
    draw();
    const scheme = window.matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", recolor);
    const stops = [
      store.subscribe((now, before) => {
        if (now.transform !== before.transform || now.width !== before.width || now.height !== before.height) ask();
      }),
      marks.subscribe(ask),
    ];
    return () => {
      cancelAnimationFrame(frame);
      scheme.removeEventListener("change", recolor);
      for (const stop of stops) stop();
    };
  }, [host, scene, store, marks, theme]);

  // The picture lets the mouse through, except where one would grasp something.
  useEffect(() => {
    if (!host) return;
    const over = (event: PointerEvent): void => {
      if (event.buttons > 0 || !canvas.current) return;
      const { x, y } = screenToFlowPosition({ x: event.clientX, y: event.clientY });
      const grasps = event.shiftKey || latest.current.at(x, y) !== undefined;
      canvas.current.style.pointerEvents = grasps ? "auto" : "none";
    };
    host.addEventListener("pointermove", over);
    return () => host.removeEventListener("pointermove", over);
  }, [host, screenToFlowPosition]);

  const chosen = (): Set<string> => new Set(scene.nodes.filter(({ selected }) => selected).map(({ id }) => id));

  function press(event: React.PointerEvent<HTMLCanvasElement>): void {
    if (event.button !== 0) return;
    const element = event.currentTarget;
    const from = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const hit = scene.at(from.x, from.y);
    const adds = event.shiftKey || event.ctrlKey || event.metaKey;
    const before = chosen();
    const taken = hit && !adds && !before.has(hit.id) ? new Set([hit.id]) : before;
    const starts = scene.nodes.filter(({ id }) => taken.has(id));
    let moved = false;
    let layout: Layout | null = null;
    element.setPointerCapture(event.pointerId);
    const move = (at: PointerEvent): void => {
      moved ||= Math.hypot(at.clientX - event.clientX, at.clientY - event.clientY) > STILL;
      if (!moved) return;
      const to = screenToFlowPosition({ x: at.clientX, y: at.clientY });
      if (!hit) {
        const area = between(from, to);
        setBox(area);
        onSelect(new Set([...before, ...within(latest.current, area)]));
      } else if (onDrag && taken.has(hit.id)) {
        const dx = onGrid(hit.x + to.x - from.x) - hit.x;
        const dy = onGrid(hit.y + to.y - from.y) - hit.y;
        layout = Object.fromEntries(starts.map(({ id, x, y }) => [id, [x + dx, y + dy]]));
        onDrag(layout);
      }
    };
    const end = (): void => {
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", up);
      element.removeEventListener("lostpointercapture", end);
      setBox(null);
      if (layout) onDrop?.(layout);
    };
    const up = (): void => {
      if (!moved && hit) onSelect(adds ? toggled(before, hit.id) : new Set([hit.id]));
      end();
    };
    if (hit && taken !== before) onSelect(taken);
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", up);
    element.addEventListener("lostpointercapture", end);
  }

  if (!host) return null;
  return createPortal(
    <>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${nodes.length} nodes, seen from far`}
        data-testid="overview"
        className="nopan nodrag pointer-events-none absolute inset-0 z-[4] h-full w-full"
        onPointerDown={press}
        onDoubleClick={(event) => {
          const { x, y } = screenToFlowPosition({ x: event.clientX, y: event.clientY });
          const hit = scene.at(x, y);
          if (hit) onOpen?.(hit.id);
        }}
        onContextMenu={(event) => {
          const { x, y } = screenToFlowPosition({ x: event.clientX, y: event.clientY });
          const hit = scene.at(x, y);
          if (hit && !hit.selected) onSelect(new Set([hit.id]));
        }}
      />
      {box && <Rubber box={box} />}
    </>,
    host,
  );
}

/** The box that is being drawn, in the colours of the renderer's own. */
function Rubber({ box }: { box: Box }) {
  const [x, y, zoom] = useStore(({ transform }) => transform);
  return (
    <div
      className="pointer-events-none absolute z-[6] border border-dashed border-accent bg-accent/10"
      style={{ left: box.x * zoom + x, top: box.y * zoom + y, width: box.width * zoom, height: box.height * zoom }}
    />
  );
}

const onGrid = (at: number): number => Math.round(at / STEP) * STEP;

function between(a: { x: number; y: number }, b: { x: number; y: number }): Box {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}

function toggled(before: ReadonlySet<string>, id: string): Set<string> {
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}
