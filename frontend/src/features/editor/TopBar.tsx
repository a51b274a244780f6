import { History, Play, SlidersHorizontal, Redo2, Rocket, Undo2 } from "lucide-react";

import { action } from "@/actions";
import { useDocument } from "@/document";
import { Button, IconButton } from "@/ui";

import { useEditor } from "./context";
import { SaveIndicator } from "./SaveIndicator";

/** The pipeline's name; typing in it is one step of undo. */
function NameField() {
  const { store } = useEditor();
  const name = useDocument((state) => state.definition.name);
  const editable = useDocument((state) => state.editable);
  return (
    <>
      <h1 className="sr-only">{name}</h1>
      <span className="relative inline-grid max-w-[48rem] min-w-24 grid-cols-[minmax(0,auto)]">
        {/* The hidden text gives the field its width. */}
        <span aria-hidden className="invisible col-start-1 row-start-1 truncate border border-transparent px-2 text-base font-semibold whitespace-pre">
          {name || "Name"}
        </span>
        <input
        aria-label="Name of the pipeline"
        data-testid="pipeline-name"
        value={name}
        size={1}
        readOnly={!editable}
        placeholder="Name"
        maxLength={200}
        onChange={(event) =>
          store.getState().perform({
            edit: { kind: "setField", field: "name", value: event.target.value },
            label: "rename the pipeline",
            merge: "name",
          })
        }
        onKeyDown={(event) => {
          if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
        }}
        className="col-start-1 row-start-1 h-8 w-full min-w-0 truncate rounded-md border border-transparent bg-transparent px-2 text-base font-semibold hover:border-line-strong focus:border-field focus:bg-surface"
        />
      </span>
    </>
  );
}

function UndoButtons() {
  const { actions } = useEditor();
  const undone = useDocument((state) => state.history.past.at(-1)?.label);
  const redone = useDocument((state) => state.history.future[0]?.label);
  return (
    <div className="flex">
      <IconButton
        label="Undo"
        shortcut="Mod+Z"
        icon={<Undo2 />}
        disabled={undone === undefined}
        onClick={() => action("undo").perform(actions)}
      />
      <IconButton
        label="Redo"
        shortcut="Mod+Shift+Z"
        icon={<Redo2 />}
        disabled={redone === undefined}
        onClick={() => action("redo").perform(actions)}
      />
    </div>
  );
}

export interface TopBarProps {
  history: boolean;
  onHistory: () => void;
  starting: boolean;
}

/** Name, saving, undo; history, publish, run. */
export function TopBar({ history, onHistory, starting }: TopBarProps) {
  const { actions, mayRun } = useEditor();
  const editable = useDocument((state) => state.editable);
  const empty = useDocument((state) => state.definition.nodes.length === 0);
  const changed = useDocument((state) => state.changed || state.definition !== state.stored);
  return (
    <div className="flex h-12 shrink-0 items-center gap-2 border-b bg-surface px-2">
      <NameField />
      {editable ? <SaveIndicator /> : <span className="text-xs text-muted">Read-only: your role may look, not edit</span>}
      <span className="flex-1" />
      {editable && <UndoButtons />}
      <IconButton label="Version history" icon={<History />} pressed={history} onClick={onHistory} />
      {editable && (
        <Button
          icon={<Rocket className="size-4" aria-hidden />}
          disabled={empty}
          onClick={() => action("publish").perform(actions)}
          title={changed ? "Publish the draft as a new version" : "The newest version is just like the draft"}
        >
          Publish
        </Button>
      )}
      {mayRun && (
        <IconButton
          label="Run with options…"
          shortcut="Mod+Alt+Enter"
          icon={<SlidersHorizontal />}
          disabled={empty || starting}
          onClick={() => action("runWith").perform(actions)}
        />
      )}
      {mayRun && (
        <Button
          tone="primary"
          icon={<Play className="size-4" aria-hidden />}
          disabled={empty}
          busy={starting}
          onClick={() => action("run").perform(actions)}
          title="Run the draft (Ctrl+Enter)"
        >
          Run
        </Button>
      )}
    </div>
  );
}
