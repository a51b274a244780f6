import { useEffect, useState } from "react";

import type { Run } from "@/api/types";
import { useDocument } from "@/document";
import { toast } from "@/ui";

import { useEditor } from "./context";
import { RunDialog, useStartRun, type Values } from "./RunDialog";
import { TopBar } from "./TopBar";

export interface RunControlsProps {
  dialog: boolean;
  onDialog: (open: boolean) => void;
  history: boolean;
  onHistory: () => void;
  onStarted: (run: Run) => void;
}

/** The top bar and what its Run does: asks for parameters where there are any, and starts. */
export function RunControls({ dialog, onDialog, history, onHistory, onStarted }: RunControlsProps) {
  const { live } = useEditor();
  const asks = useDocument((state) => (state.definition.parameters ?? []).length > 0);
  const [values, setValues] = useState<Values | null>(null);
  const start = useStartRun((run, used) => {
    setValues(used);
    onDialog(false);
    onStarted(run);
  });
  const { mutate, reset, isPending } = start;

  useEffect(() => {
    if (!dialog) return;
    reset();
    if (asks) return;
    onDialog(false);
    mutate(
      { values: {}, key: crypto.randomUUID() },
      { onError: (error) => toast({ tone: "error", title: "The run was not started", description: error.message }) },
    );
    // Once for each time that the dialog is asked for.
  }, [dialog]);

  return (
    <>
      <TopBar history={history} onHistory={onHistory} starting={isPending} />
      {asks && (
        <RunDialog
          open={dialog}
          onClose={() => onDialog(false)}
          values={values ?? live.run?.parameters ?? {}}
          start={start}
        />
      )}
    </>
  );
}
