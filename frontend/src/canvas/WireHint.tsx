import { useConnection, type ConnectionState } from "@xyflow/react";
import { Ban } from "lucide-react";
import { useEffect, useState } from "react";
import { createPortal } from "react-dom";

import { useDocumentStore } from "@/document";
import { dropOnNode } from "@/graph/autoconnect";
import type { Verdict } from "@/graph/connect";
import type { Catalog } from "@/graph/types";
import { Ticks } from "@/ui";

import { type CardNode, handlePort } from "./flow";
import { useMarks, useMarksStore } from "./marks";

const handleUnder = (connection: ConnectionState): string | null => {
  const handle = connection.inProgress ? connection.toHandle : null;
  return handle && `${handle.type} ${handle.nodeId} ${handle.id ?? ""}`;
};

/** The words beside the cursor while a wire is over something that it cannot end at. */
export function WireHint({ catalog }: { catalog: Catalog }) {
  const wire = useMarks((marks) => marks.wire);
  const over = useConnection<CardNode, string | null>(handleUnder);
  const [pointer, setPointer] = useState<{ x: number; y: number; node: string | null } | null>(null);
  const documentStore = useDocumentStore();
  const marks = useMarksStore();

  useEffect(() => {
    if (!wire) return;
    const follow = ({ clientX, clientY, target }: PointerEvent): void => {
      const under = target instanceof Element ? target.closest("[data-node-id]") : null;
      setPointer({ x: clientX, y: clientY, node: under?.getAttribute("data-node-id") ?? null });
    };
    window.addEventListener("pointermove", follow);
    return () => {
      window.removeEventListener("pointermove", follow);
      setPointer(null);
    };
  }, [wire]);

  let verdict: Verdict | null = null;
  let target: string | null = null;
  if (wire && over) {
    const [type, node, handle] = over.split(" ") as [string, string, string];
    if (node !== wire.start.node || type !== (wire.start.side === "out" ? "source" : "target")) {
      verdict = wire.guide({ node, port: handlePort(handle), side: type === "target" ? "in" : "out" });
    }
  } else if (wire && pointer?.node && pointer.node !== wire.start.node) {
    const { definition } = documentStore.getState();
    const node = definition.nodes.find(({ id }) => id === pointer.node);
    if (node) verdict = dropOnNode(definition, catalog, wire.start, node);
    if (verdict?.ok) target = pointer.node;
  }
  useEffect(() => marks.setState({ dropTarget: target }), [marks, target]);

  if (!pointer || !verdict || verdict.ok) return null;
  return <Refusal at={pointer} reason={verdict.reason} />;
}

/** Words at a point of the window, such as why a wire was refused. */
export function Refusal({ at, reason }: { at: { x: number; y: number }; reason: string }) {
  const left = Math.min(at.x + 16, window.innerWidth - 300);
  const top = Math.min(at.y + 18, window.innerHeight - 90);
  return createPortal(
    <div
      role="status"
      data-testid="refusal"
      className="pointer-events-none fixed z-[75] flex max-w-72 items-start gap-1.5 rounded-md border border-danger/40 bg-raised px-2.5 py-1.5 text-xs text-ink shadow-float"
      style={{ left, top }}
    >
      <Ban className="mt-0.5 size-3.5 shrink-0 text-danger" aria-hidden />
      <span>
        <Ticks text={reason} />
      </span>
    </div>,
    document.body,
  );
}
