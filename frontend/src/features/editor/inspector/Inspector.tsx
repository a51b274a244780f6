import { useState } from "react";

import { useDocument } from "@/document";
import { graphNode } from "@/features/run/items";
import { NodeDrawer } from "@/features/run/NodeDrawer";
import { findNode } from "@/live";
import type { MenuEntry } from "@/ui";

import { useEditor } from "../context";
import { NodeInspector, type NodeInspectorProps } from "./NodeInspector";
import { PipelineSettings } from "./PipelineSettings";
import { SelectionInspector } from "./SelectionInspector";

export type InspectorProps = Omit<NodeInspectorProps, "node">;

/** What is right of the canvas: the chosen node, in the draft or in the shown run. */
export function Inspector(props: InspectorProps) {
  const { actions, live, mayRun, store } = useEditor();
  const selection = useDocument((state) => state.selection);
  const nodes = useDocument((state) => state.definition.nodes);
  const [view, setView] = useState<"run" | "draft">("run");
  /** The item that is looked at, of a node that maps over a list. */
  const [item, setItem] = useState<string | null>(null);
  const [id] = selection.nodes;
  const node = selection.nodes.size === 1 ? nodes.find((one) => one.id === id) : undefined;
  if (!node) {
    return selection.nodes.size + selection.edges.size > 0 ? <SelectionInspector /> : <PipelineSettings />;
  }
  const { run } = live;
  if (!run || !findNode(run, node.id)) return <NodeInspector key={node.id} node={node} {...props} />;
  const shown = item && graphNode(item) === node.id ? item : null;
  const again = (one: string): MenuEntry => ({
    id: "item",
    label: "Run this item again",
    onSelect: () => actions.around.askRerun("from", new Set([one])),
  });
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <div role="group" aria-label="What to show of the node" className="m-2 mb-0 flex shrink-0 rounded-md bg-inset p-0.5">
        {(["run", "draft"] as const).map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={view === one}
            onClick={() => setView(one)}
            className="h-6 flex-1 rounded-sm text-xs font-medium text-muted hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
          >
            {one === "run" ? `In run #${run.number}` : "Edit"}
          </button>
        ))}
      </div>
      <div className="min-h-0 flex-1">
        {view === "run" && !props.focus ? (
          <NodeDrawer
            live={live}
            nodeId={shown ?? node.id}
            menu={shown && mayRun ? [again(shown)] : undefined}
            onOpen={setItem}
            onClose={() => store.getState().select({})}
          />
        ) : (
          <NodeInspector key={node.id} node={node} {...props} />
        )}
      </div>
    </div>
  );
}
