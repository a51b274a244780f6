import { useDocument } from "@/document";
import { Field, Select, Textarea } from "@/ui";

import { useEditor } from "../context";
import { CacheFields } from "./CacheFields";
import { toNumber } from "./number";
import { OutputsEditor } from "./OutputsEditor";
import { ParametersEditor } from "./ParametersEditor";
import { TextField } from "./TextField";

/** What concerns the whole pipeline; shown while no node is chosen. */
export function PipelineSettings() {
  const { store } = useEditor();
  const description = useDocument((state) => state.definition.description ?? "");
  const onFailure = useDocument((state) => state.definition.on_failure ?? "stop");
  const maxParallel = useDocument((state) => state.definition.max_parallel);
  const problems = useDocument((state) => state.problems);
  const cache = useDocument((state) => state.definition.cache);
  const editable = useDocument((state) => state.editable);
  return (
    <section aria-label="Pipeline" data-testid="pipeline-settings" className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex h-11 shrink-0 items-center border-b px-4">
        <h2 className="font-semibold">Pipeline</h2>
      </header>
      <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-4">
        <Field label="Description">
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              readOnly={!editable}
              maxLength={10_000}
              placeholder="What it does, for whoever finds it later"
              value={description}
              onChange={(event) =>
                store.getState().perform({
                  edit: { kind: "setField", field: "description", value: event.target.value || undefined },
                  label: "describe the pipeline",
                  merge: "description",
                })
              }
            />
          )}
        </Field>
        <ParametersEditor />
        <OutputsEditor />
        <Field
          label="When a node fails"
          help={
            onFailure === "stop"
              ? "Nothing new is started; the run fails."
              : "Branches that do not depend on it go on; the run fails at the end."
          }
        >
          {(control) => (
            <Select
              {...control}
              disabled={!editable}
              value={onFailure}
              options={[
                { value: "stop", label: "Stop" },
                { value: "continue", label: "Go on with the rest" },
              ]}
              onValueChange={(value) =>
                store.getState().perform({
                  edit: { kind: "setField", field: "on_failure", value },
                  label: "change what a failure does",
                })
              }
            />
          )}
        </Field>
        <Field
          label="Nodes at the same time"
          help="At most so many nodes of a run work at once."
          error={problems.find((problem) => problem.field === "max_parallel")?.message}
        >
          {(control) => (
            <TextField
              {...control}
              inputMode="numeric"
              disabled={!editable}
              placeholder="no limit"
              value={String(maxParallel ?? "")}
              onCommit={(text) =>
                store.getState().perform({
                  edit: { kind: "setField", field: "max_parallel", value: toNumber(text) },
                  label: "change how many nodes run at once",
                })
              }
            />
          )}
        </Field>
        <CacheFields
          value={cache}
          onChange={(value) =>
            store.getState().perform({
              edit: { kind: "setField", field: "cache", value },
              label: "change what is reused",
              merge: "cache",
            })
          }
        />
      </div>
    </section>
  );
}
