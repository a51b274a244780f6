import { useEffect, useMemo, useRef } from "react";

import { edgeOf, useDocument } from "@/document";
import { suits } from "@/graph/autoconnect";
import { suitsEdge } from "@/graph/insert";
import type { Terminal } from "@/graph/connect";
import { NODE_WIDTH, ORDER_Y } from "@/graph/geometry";

import { ComponentList } from "./ComponentList";
import { readUsage } from "./componentSearch";
import { useEditor } from "./context";

export interface QuickAddAt {
  client: { x: number; y: number };
  wire: Terminal | null;
  /** The edge that the new node is put into. */
  edge?: string | null;
}

const WIDTH = 300;
const HEIGHT = 360;

/** A search for a new node right where it shall stand; from a wire, only what fits its end. */
export function QuickAdd({ at, onClose }: { at: QuickAddAt; onClose: () => void }) {
  const { components, add, view } = useEditor();
  const definition = useDocument((state) => state.definition);
  const box = useRef<HTMLDivElement>(null);
  const { client, wire, edge = null } = at;
  const fitting = useMemo(() => {
    const into = edge === null ? undefined : edgeOf(definition, edge);
    if (!wire && !into) return components.components;
    const usage = readUsage();
    const { catalog } = components;
    return components.components
      .map((component) => ({
        component,
        fit: into
          ? suitsEdge(definition, catalog, into, component.spec)
          : suits(definition, catalog, wire as Terminal, component.spec),
        used: usage[component.full_name] ?? 0,
      }))
      .filter(({ fit }) => fit > 0)
      .sort((a, b) => b.fit - a.fit || b.used - a.used)
      .map(({ component }) => component);
  }, [components, definition, wire, edge]);

  useEffect(() => {
    const onPointerDown = (event: PointerEvent): void => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) onClose();
    };
    window.addEventListener("pointerdown", onPointerDown, true);
    return () => window.removeEventListener("pointerdown", onPointerDown, true);
  }, [onClose]);

  return (
    <div
      ref={box}
      role="dialog"
      aria-label={edge ? "Insert a node into the edge" : wire ? "Add a node that fits" : "Add a node"}
      data-testid="quick-add"
      className="fixed z-40 flex animate-pop flex-col rounded-lg border bg-surface shadow-float"
      style={{
        width: WIDTH,
        maxHeight: HEIGHT,
        left: Math.min(client.x, window.innerWidth - WIDTH - 12),
        top: Math.min(client.y, window.innerHeight - HEIGHT - 12),
      }}
    >
      <ComponentList
        label={edge ? "What fits between…" : labelOf(wire)}
        components={fitting}
        ranked={wire !== null || edge !== null}
        pickOnClick
        autoFocus
        onEscape={onClose}
        onPick={(component) => {
          onClose();
          if (edge) return add(component.full_name, { edge });
          const [x, y] = view.toGraph(client);
          const left = wire?.side === "in" ? x - NODE_WIDTH : x;
          add(component.full_name, { at: [left, y - ORDER_Y], wire });
        }}
      />
    </div>
  );
}

function labelOf(wire: Terminal | null): string {
  if (!wire) return "Add a node…";
  return `${wire.side === "out" ? "What takes" : "What gives"} ${wire.port ?? "its turn"}…`;
}
