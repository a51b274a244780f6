import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { ApiProblem } from "@/api/problem";
import { uploadArtifact } from "@/api/resources/artifacts";
import { cloneRun } from "@/api/resources/runs";
import type { Run } from "@/api/types";
import { Button, Dialog, Notice, SchemaForm, toast, validateValue } from "@/ui";
import { parametersSchema } from "./parameters";
import { OPTIONS_SCHEMA, type StartOptions, StartOptionsFields } from "./StartOptions";

export interface CloneDialogProps {
  run: Run;
  open: boolean;
  onClose: () => void;
}

/** A new run of the same version: the form stands as that run had it. */
export function CloneDialog({ run, open, onClose }: CloneDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      size="md"
      title={`Clone run #${run.number}`}
      description={`A new run of version ${run.version} of ${run.pipeline.name}, with the parameters of that run unless you change them.`}
    >
      {open && <CloneForm run={run} onClose={onClose} />}
    </Dialog>
  );
}

function CloneForm({ run, onClose }: { run: Run; onClose: () => void }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const parameters = run.definition.parameters ?? [];
  const schema = useMemo(() => parametersSchema(parameters), [parameters]);
  const [value, setValue] = useState<Record<string, unknown>>(run.parameters);
  const [options, setOptions] = useState<StartOptions>({});
  const marks = validateValue(schema, value);
  const wrong = Object.keys(marks).length > 0 || Object.keys(validateValue(OPTIONS_SCHEMA, options)).length > 0;
  const clone = useMutation({
    mutationFn: () => cloneRun(run.id, { parameters: value, ...options }),
    onSuccess: async (fresh) => {
      void queryClient.invalidateQueries({ queryKey: ["runs"] });
      onClose();
      toast({ tone: "success", title: `Run #${fresh.number} has started` });
      await navigate(`/runs/${fresh.id}`);
    },
  });
  return (
    <form
      className="flex flex-col gap-4 pt-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong && !clone.isPending) clone.mutate();
      }}
    >
      {parameters.length === 0 ? (
        <p className="text-muted">This pipeline has no parameters; the clone runs just as it did.</p>
      ) : (
        <SchemaForm
          schema={schema}
          value={value}
          onChange={setValue}
          errors={serverMarks(clone.error)}
          uploadFile={(file, options) => uploadArtifact(file, { team: run.team, ...options })}
        />
      )}
      <StartOptionsFields open={false} usual={run} value={options} onChange={setOptions} />
      {clone.error && (
        <Notice tone="danger" title="The run was not started">
          {clone.error.message}
        </Notice>
      )}
      <div className="flex justify-end gap-2 border-t pt-3">
        <Button onClick={onClose}>Not now</Button>
        <Button
          type="submit"
          tone="primary"
          busy={clone.isPending}
          disabled={wrong}
          icon={<Copy className="size-4" aria-hidden />}
        >
          Start the clone
        </Button>
      </div>
    </form>
  );
}

/** The server's findings about parameters, at their fields. */
function serverMarks(error: Error | null): Record<string, string> | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  return Object.fromEntries(error.problems.flatMap(({ field, message }) => (field ? [[field, message]] : [])));
}
