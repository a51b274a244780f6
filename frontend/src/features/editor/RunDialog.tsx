import { useMutation } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";

import { ApiProblem } from "@/api/problem";
import { startRun } from "@/api/resources/pipelines";
import type { Problem, Run } from "@/api/types";
import { useDocument } from "@/document";
import { parametersSchema } from "@/features/run/parameters";
import { OPTIONS_SCHEMA, type StartOptions, StartOptionsFields } from "@/features/run/StartOptions";
import { Button, Dialog, Notice, SchemaForm, Ticks, validateValue } from "@/ui";

import { useEditor } from "./context";
import { uploadFor } from "./upload";

export type Values = Record<string, unknown>;

/** What a run is started with: values of parameters, and how it is to run. */
export interface StartValues {
  parameters: Values;
  options: StartOptions;
}


/** Starts the draft as it is now: what is unsaved is saved first. */
export function useStartRun(onStarted: (run: Run, values: StartValues) => void) {
  const { pipeline, saver, store, openProblems } = useEditor();
  return useMutation({
    mutationFn: async ({ values, key }: { values: StartValues; key: string }) => {
      if (store.getState().editable && !(await saver?.flush())) {
        throw new Error("The draft could not be saved, so it cannot be run yet.");
      }
      const version = store.getState().editable ? "draft" : null;
      return startRun(pipeline.id, { version, ...values.options, parameters: values.parameters, idempotency_key: key });
    },
    onSuccess: (run, { values }) => onStarted(run, values),
    onError: (error) => {
      if (!(error instanceof ApiProblem)) return;
      const found = error.problems.filter(({ node, edge }) => node || edge);
      if (found.length === 0) return;
      store.setState({ problems: error.problems });
      openProblems(true);
    },
  });
}

export interface RunDialogProps {
  open: boolean;
  onClose: () => void;
  /** The values of the last run, or of the run one comes from. */
  values: Values;
  /** Whether the options stand open at first. */
  showOptions: boolean;
  /** Nodes that no worker can run at the moment, in words. */
  waits: Problem[];
  start: ReturnType<typeof useStartRun>;
}

/** The pipeline's parameters as a form; then it runs. */
export function RunDialog({ open, onClose, values, showOptions, waits, start }: RunDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      size="md"
      title="Run"
      description="Values for this run; what is left alone keeps its default."
    >
      {open && <RunForm {...{ onClose, values, showOptions, waits, start }} />}
    </Dialog>
  );
}

function RunForm({ onClose, values, showOptions, waits, start }: Omit<RunDialogProps, "open">) {
  const { pipeline } = useEditor();
  const parameters = useDocument((state) => state.definition.parameters);
  const limit = useDocument((state) => state.definition.max_parallel);
  const usual = useMemo(() => ({ max_parallel: limit }), [limit]);
  const schema = useMemo(() => parametersSchema(parameters ?? []), [parameters]);
  const [value, setValue] = useState<Values>(() =>
    Object.fromEntries(Object.entries(values).filter(([name]) => schema.properties?.[name])),
  );
  const [options, setOptions] = useState<StartOptions>({});
  const [key, setKey] = useState(() => crypto.randomUUID());
  const marks = validateValue(schema, value);
  const wrong = Object.keys(marks).length > 0 || Object.keys(validateValue(OPTIONS_SCHEMA, options)).length > 0;
  return (
    <form
      className="flex flex-col gap-4 pt-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong && !start.isPending) start.mutate({ values: { parameters: value, options }, key });
      }}
    >
      {(parameters ?? []).length === 0 ? (
        <p className="text-muted">This pipeline has no parameters.</p>
      ) : (
        <SchemaForm
          schema={schema}
          value={value}
          onChange={(next) => {
            setValue(next);
            setKey(crypto.randomUUID());
          }}
          errors={serverMarks(start.error)}
          uploadFile={uploadFor(pipeline.team)}
        />
      )}
      <StartOptionsFields
        open={showOptions}
        usual={usual}
        value={options}
        onChange={(next) => {
          setOptions(next);
          setKey(crypto.randomUUID());
        }}
      />
      {waits.length > 0 && (
        <Notice tone="warning" title="Not everything can run at the moment">
          <ul className="list-disc pl-4">
            {waits.map(({ message }) => (
              <li key={message}>
                <Ticks text={message} />
              </li>
            ))}
          </ul>
          <p className="mt-1">
            Start it all the same, and it goes on as soon as such a worker is there. What there is, and what is missing
            for more, stands on the page{" "}
            <Link to="/workers" className="text-accent underline">
              Workers
            </Link>
            .
          </p>
        </Notice>
      )}
      {start.error && (
        <Notice tone="danger" title="The run was not started">
          {start.error.message}
        </Notice>
      )}
      <div className="flex justify-end gap-2 border-t pt-3">
        <Button onClick={onClose}>Not now</Button>
        <Button
          type="submit"
          tone="primary"
          busy={start.isPending}
          disabled={wrong}
          icon={<Play className="size-4" aria-hidden />}
        >
          Start run
        </Button>
      </div>
    </form>
  );
}

/** The server's findings about parameters, at their fields. */
function serverMarks(error: Error | null): Record<string, string> | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  return Object.fromEntries(
    error.problems.flatMap(({ field, node, message }) => (field && !node ? [[field, message]] : [])),
  );
}
