import { useEffect, useState } from "react";

import { checkRun } from "@/api/resources/pipelines";
import type { Problem, Run } from "@/api/types";
import { useDocument } from "@/document";
import { toast } from "@/ui";

import { useEditor } from "./context";
import { RunDialog, type StartValues, useStartRun } from "./RunDialog";
import { TopBar } from "./TopBar";

export interface RunControlsProps {
  /** A run is asked for: `options` also where nothing has to be filled in. */
  dialog: "run" | "options" | null;
  onClose: () => void;
  history: boolean;
  onHistory: () => void;
  onStarted: (run: Run) => void;
}

/** The top bar and what its Run does: asks for parameters where there are any, and starts. */
export function RunControls({ dialog, onClose, history, onHistory, onStarted }: RunControlsProps) {
  const { live, openProblems, pipeline, saver, store } = useEditor();
  const asks = useDocument((state) => (state.definition.parameters ?? []).length > 0);
  const [asking, setAsking] = useState(false);
  const [values, setValues] = useState<StartValues | null>(null);
  const [waits, setWaits] = useState<Problem[]>([]);
  const start = useStartRun((run, used) => {
    setValues(used);
    close();
    onStarted(run);
  });
  const { mutate, reset, isPending } = start;

  function close(): void {
    setAsking(false);
    onClose();
  }

  useEffect(() => {
    if (!dialog) return;
    reset();
    void prepare();
    // Once for each time that a run is asked for.
  }, [dialog]);

  /** What keeps the draft from running is told before anything is asked. */
  async function prepare(): Promise<void> {
    if (store.getState().editable) {
      await saver?.flush();
      const { length } = store.getState().problems;
      if (length > 0) {
        onClose();
        openProblems(true);
        toast({
          tone: "error",
          title: length === 1 ? "The draft has a problem" : `The draft has ${length} problems`,
          description: "Mend what the list below the canvas shows, then run it.",
        });
        return;
      }
    }
    // Whether the answer comes or not, the run may be started: its nodes say themselves why they wait.
    const found = await checkRun(pipeline.id, store.getState().editable ? "draft" : null).catch(() => []);
    setWaits(found);
    if (asks || found.length > 0 || dialog === "options") return setAsking(true);
    onClose();
    mutate(
      { values: { parameters: {}, options: {} }, key: crypto.randomUUID() },
      { onError: (error) => toast({ tone: "error", title: "The run was not started", description: error.message }) },
    );
  }

  return (
    <>
      <TopBar history={history} onHistory={onHistory} starting={isPending} />
      <RunDialog
        open={asking}
        onClose={close}
        values={values?.parameters ?? live.run?.parameters ?? {}}
        showOptions={dialog === "options"}
        waits={waits}
        start={start}
      />
    </>
  );
}
