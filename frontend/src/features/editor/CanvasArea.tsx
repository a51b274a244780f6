import { PackagePlus, Search, Wand2 } from "lucide-react";
import { memo, type PointerEvent, type ReactNode, type Ref, useMemo } from "react";

import { action, ACTIONS } from "@/actions";
import { useVersion } from "@/api/hooks";
import { EditorCanvas, GraphView } from "@/canvas";
import { useDocument } from "@/document";
import { WaitingNotice } from "@/features/run/WaitingNotice";
import type { Terminal } from "@/graph/connect";
import { ContextMenu, IconButton, Loaded, type MenuEntry } from "@/ui";

import { useEditor } from "./context";
import { EmptyCanvas } from "./EmptyCanvas";
import { VersionBanner } from "./HistoryPanel";
import { Inside } from "./Inside";
import { ProblemsPanel } from "./ProblemsPanel";
import { RunBar } from "./RunBar";

export interface CanvasAreaProps {
  boxRef: Ref<HTMLDivElement>;
  version: number | null;
  inside: readonly string[];
  onVersion: (version: number | null) => void;
  onAddAt: (client: { x: number; y: number }, wire: Terminal | null, edge?: string) => void;
  onOpenNode: (id: string) => void;
  onReady: () => void;
  /** What lies over the canvas. */
  children?: ReactNode;
}

/** The canvas with its bars; or a published version in its place. */
export const CanvasArea = memo(function CanvasArea(props: CanvasAreaProps) {
  const { boxRef, version, inside, onVersion, onAddAt, onOpenNode, onReady, children } = props;
  const { actions, add, components } = useEditor();
  const editable = useDocument((state) => state.editable);
  const empty = useDocument((state) => state.definition.nodes.length === 0);
  const menu = useMenu();
  if (inside.length > 0) return <Inside path={inside} />;
  if (version !== null) return <ShownVersion number={version} onClose={() => onVersion(null)} />;
  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <RunBar />
      <Waiting />
      <ContextMenu items={menu}>
        <div
          ref={boxRef}
          data-canvas
          data-testid="canvas"
          role="region"
          aria-label="Canvas"
          tabIndex={-1}
          onPointerDownCapture={focusCanvas}
          className="relative min-h-0 flex-1 outline-none"
        >
          {components.ready && (
            <EditorCanvas
              catalog={components.catalog}
              onAddAt={onAddAt}
              onDropComponent={(component, at, edge) => add(component, { at, edge })}
              onOpenNode={onOpenNode}
              onReady={onReady}
              tools={
                <>
                  <IconButton
                    label="Find in the graph"
                    shortcut="Mod+F"
                    side="top"
                    icon={<Search />}
                    disabled={empty}
                    onClick={() => action("find").perform(actions)}
                  />
                  {editable && (
                  <>
                    <IconButton
                      label="Tidy"
                      shortcut="Shift+Alt+T"
                      side="top"
                      icon={<Wand2 />}
                      disabled={empty}
                      onClick={() => action("tidy").perform(actions)}
                    />
                    {/* Where the window is too narrow for the palette. */}
                    <IconButton
                      label="Add a node"
                      shortcut="N"
                      side="top"
                      icon={<PackagePlus />}
                      className="min-[1101px]:hidden"
                      onClick={() => action("add").perform(actions)}
                    />
                  </>
                  )}
                </>
              }
            />
          )}
          {empty && editable && <EmptyCanvas />}
          {children}
        </div>
      </ContextMenu>
      <ProblemsPanel />
    </div>
  );
});

/** The renderer swallows the browser's own way of focusing; keys must know where they belong. */
function focusCanvas(event: PointerEvent<HTMLDivElement>): void {
  if (event.target instanceof Element && !event.target.closest("button, a, input")) {
    event.currentTarget.focus({ preventScroll: true });
  }
}

/** That the run on the canvas waits for a person, wherever in it that is. */
function Waiting() {
  const { goTo, live } = useEditor();
  const selected = useDocument((state) => (state.selection.nodes.size === 1 ? [...state.selection.nodes][0] : undefined));
  return live.run && <WaitingNotice run={live.run} shown={selected ?? null} onSelect={(node) => goTo(node)} />;
}

const MENU = ["add", "paste", null, "rename", "cut", "copy", "duplicate", "delete", null, "run-to", "run-from", "run-only", null, "select-all", "find", "tidy", "fit"];

function useMenu(): MenuEntry[] {
  const { actions } = useEditor();
  const selection = useDocument((state) => state.selection);
  return useMemo(
    () =>
      MENU.map((id): MenuEntry => {
        const one = ACTIONS.find((candidate) => candidate.id === id);
        if (!one) return "line";
        return {
          id: one.id,
          label: one.label,
          shortcut: one.keys[0],
          danger: one.id === "delete",
          disabled: !one.enabled(actions),
          onSelect: () => one.perform(actions),
        };
      }),
    // What is possible depends on what is selected.
    [actions, selection],
  );
}

function ShownVersion({ number, onClose }: { number: number; onClose: () => void }) {
  const { pipeline } = useEditor();
  const version = useVersion(pipeline.id, number);
  return (
    <div className="flex min-w-0 flex-1 flex-col" data-testid="version-view">
      <VersionBanner number={number} onClose={onClose} />
      <div className="min-h-0 flex-1">
        <Loaded query={version} what="this version">
          {({ definition, components }) => (
            <GraphView
              key={number}
              definition={definition}
              components={components}
              label={`Graph of version ${number}`}
            />
          )}
        </Loaded>
      </div>
    </div>
  );
}
