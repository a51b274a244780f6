import { useMemo } from "react";

import { RUN_IF_WORDS } from "@/canvas";
import { useDocument } from "@/document";
import { refOf } from "@/graph/catalog";
import { RUN_IF, type NodeDef, type Retry } from "@/graph/types";
import { Field, Select, Switch } from "@/ui";

import { useEditor } from "../context";
import { CacheFields } from "./CacheFields";
import { ConditionField } from "./ConditionField";
import { DurationField } from "./DurationField";
import { LoopFields } from "./LoopFields";
import { MapFields } from "./MapFields";
import { PlaceFields } from "./PlaceFields";
import { TextField } from "./TextField";
import { useNodeEdits } from "./useNodeEdits";
import { scopeOf } from "./scope";

/** How the node runs: when, how often, how long, with what. */
export function OptionsPane({ node }: { node: NodeDef }) {
  const { components } = useEditor();
  const { setOption, rename } = useNodeEdits(node.id);
  const editable = useDocument((state) => state.editable);
  const definition = useDocument((state) => state.definition);
  const problems = useDocument((state) => state.problems);
  const spec = components.catalog.spec(refOf(node));
  const scope = useMemo(() => scopeOf(definition, components.catalog, node.id, "when"), [definition, components.catalog, node.id]);
  const trouble = (field: string): string | undefined =>
    problems.find((problem) => problem.node === node.id && problem.field === field)?.message;
  return (
    <fieldset disabled={!editable} className="flex flex-col gap-4 p-4">
      <legend className="sr-only">Options of {node.id}</legend>
      <div data-path="id">
        <Field label="Id" help="Edges and expressions call the node by it; they follow when it changes." error={trouble("id")}>
          {(control) => (
            <TextField {...control} className="font-mono text-xs" value={node.id} spellCheck={false} onCommit={rename} />
          )}
        </Field>
      </div>
      <div data-path="run_if">
        <Field label="Runs when">
          {(control) => (
            <Select
              {...control}
              disabled={!editable}
              value={node.run_if ?? "all_success"}
              options={RUN_IF.map((value) => ({ value, label: RUN_IF_WORDS[value] }))}
              onValueChange={(value) => setOption("run_if", value === "all_success" ? undefined : value)}
            />
          )}
        </Field>
      </div>
      <div data-path="when">
        <ConditionField
          label="Only if"
          help="A condition in CEL, such as nodes.check.outputs.rows > 0. When it is false, the node is skipped."
          value={node.when ?? ""}
          suggestions={scope}
          disabled={!editable}
          error={trouble("when")}
          onChange={(value) => setOption("when", value === "" ? undefined : value)}
        />
      </div>
      <MapFields node={node} spec={spec} trouble={trouble} setOption={setOption} />
      <LoopFields node={node} trouble={trouble} setOption={setOption} />
      <div data-path="on_exit">
        <Field
          label="On exit"
          className="items-start"
          help="Runs at the end, when all else is over, whatever became of it: to clean up, or to tell somebody."
          error={trouble("on_exit")}
        >
          {({ "aria-required": _, ...control }) => (
            <Switch
              {...control}
              disabled={!editable}
              checked={node.on_exit === true}
              onCheckedChange={(on) => setOption("on_exit", on || undefined, on ? `run ${node.id} on exit` : `run ${node.id} in its turn`)}
            />
          )}
        </Field>
      </div>
      <RetryFields retry={node.retry} trouble={trouble} onChange={(retry) => setOption("retry", retry)} />
      <div data-path="timeout">
        <DurationField
          label="Time limit"
          help="For one attempt, such as 90s, 10m or 1h30m. Without one it may take as long as it likes."
          value={node.timeout}
          error={trouble("timeout")}
          onChange={(value) => setOption("timeout", value)}
        />
      </div>
      <PlaceFields node={node} trouble={trouble} setOption={setOption} />
      <CacheFields
        value={node.cache}
        inherited={definition.cache ?? false}
        error={trouble("cache")}
        onChange={(cache) => setOption("cache", cache)}
      />
    </fieldset>
  );
}

interface RetryFieldsProps {
  retry: Retry | undefined;
  trouble: (field: string) => string | undefined;
  onChange: (retry: Retry | undefined) => void;
}

/** Attempts, and the pauses between them once there is more than one. */
function RetryFields({ retry, trouble, onChange }: RetryFieldsProps) {
  const attempts = retry?.max_attempts ?? 1;
  const backoff = retry?.backoff ?? {};
  const set = (change: Partial<NonNullable<Retry["backoff"]>>): void => {
    const next = Object.entries({ ...backoff, ...change }).filter(([, value]) => value !== undefined);
    onChange({ ...retry, max_attempts: attempts, backoff: Object.fromEntries(next) });
  };
  return (
    <div data-path="retry.max_attempts" className="flex flex-col gap-3">
      <Field
        label="Attempts"
        help={attempts > 1 ? `If it fails it is tried again, up to ${attempts} times in all.` : "One attempt: if it fails, it has failed."}
        error={trouble("retry.max_attempts")}
      >
        {(control) => (
          <TextField
            {...control}
            inputMode="numeric"
            value={String(attempts)}
            onCommit={(text) => {
              const number = Math.min(100, Math.max(1, Math.round(Number(text)) || 1));
              onChange(number === 1 ? undefined : { ...retry, max_attempts: number });
            }}
          />
        )}
      </Field>
      {attempts > 1 && (
        <div className="grid grid-cols-3 gap-2">
          <DurationField label="First pause" value={backoff.initial} placeholder="1s" error={trouble("retry.backoff.initial")} onChange={(initial) => set({ initial })} />
          <Field label="Times" error={trouble("retry.backoff.factor")}>
            {(control) => (
              <TextField
                {...control}
                inputMode="decimal"
                placeholder="2"
                value={String(backoff.factor ?? "")}
                onCommit={(text) => set({ factor: Number(text) >= 1 ? Number(text) : undefined })}
              />
            )}
          </Field>
          <DurationField label="At most" value={backoff.max} placeholder="5m" error={trouble("retry.backoff.max")} onChange={(max) => set({ max })} />
        </div>
      )}
    </div>
  );
}
