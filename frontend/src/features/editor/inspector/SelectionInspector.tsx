import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalSpaceAround,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalSpaceAround,
  Trash2,
} from "lucide-react";
import type { ReactNode } from "react";

import { action } from "@/actions";
import { removeAct, useDocument } from "@/document";
import { Button, IconButton } from "@/ui";

import { useEditor } from "../context";

const BUTTONS = ["duplicate", "copy", "cut", "tidy", "run-to", "run-from", "run-only"];

/** The icons' names tell of the line that things stand on, ours of what is in line. */
const ARRANGE: readonly (readonly [id: string, icon: ReactNode])[] = [
  ["align-left", <AlignStartVertical />],
  ["align-center", <AlignCenterVertical />],
  ["align-right", <AlignEndVertical />],
  ["align-top", <AlignStartHorizontal />],
  ["align-middle", <AlignCenterHorizontal />],
  ["align-bottom", <AlignEndHorizontal />],
  ["distribute-horizontal", <AlignHorizontalSpaceAround />],
  ["distribute-vertical", <AlignVerticalSpaceAround />],
];

/** Several nodes, or edges: what can be done with them. */
export function SelectionInspector() {
  const { actions, store } = useEditor();
  const selection = useDocument((state) => state.selection);
  const editable = useDocument((state) => state.editable);
  const nodes = selection.nodes.size;
  const edges = selection.edges.size;
  const words = [nodes > 0 && `${nodes} nodes`, edges > 0 && (edges === 1 ? "1 edge" : `${edges} edges`)];
  const remove = (): void => {
    const { definition, perform } = store.getState();
    perform(removeAct(definition, selection));
  };
  return (
    <section aria-label="Selection" className="flex h-full flex-col bg-surface">
      <header className="flex h-11 shrink-0 items-center border-b px-4">
        <h2 className="font-semibold">{words.filter(Boolean).join(", ")}</h2>
      </header>
      <div className="flex flex-col gap-4 p-4">
        {nodes === 0 && (
          <ul className="flex flex-col gap-1">
            {[...selection.edges].map((key) => (
              <li key={key} className="rounded-sm bg-inset px-2 py-1 font-mono text-xs break-all">
                {key.replace("->", "→")}
              </li>
            ))}
          </ul>
        )}
        {nodes > 1 && editable && (
          <div role="group" aria-label="Arrange" className="flex flex-wrap gap-1">
            {ARRANGE.map(([id, icon]) => {
              const one = action(id);
              return (
                <IconButton
                  key={id}
                  label={one.label}
                  shortcut={one.keys[0]}
                  icon={icon}
                  disabled={!one.enabled(actions)}
                  onClick={() => one.perform(actions)}
                />
              );
            })}
          </div>
        )}
        <div className="flex flex-wrap gap-2">
          {nodes === 0 && edges === 1 && editable && (
            <Button onClick={() => action("add").perform(actions)}>Insert a node</Button>
          )}
          {nodes > 0 &&
            BUTTONS.map(action).map((one) => (
              <Button key={one.id} disabled={!one.enabled(actions)} onClick={() => one.perform(actions)}>
                {one.label}
              </Button>
            ))}
          {editable && (
            <Button tone="danger" icon={<Trash2 className="size-4" aria-hidden />} onClick={remove}>
              Delete
            </Button>
          )}
        </div>
      </div>
    </section>
  );
}
