import { useMemo } from "react";

import { useDocument } from "@/document";
import type { LoopDef, NodeDef } from "@/graph/types";
import { Field, Switch } from "@/ui";

import { useEditor } from "../context";
import { ConditionField } from "./ConditionField";
import { toNumber } from "./number";
import { scopeOf } from "./scope";
import { TextField } from "./TextField";
import type { NodeEdits } from "./useNodeEdits";

export interface LoopFieldsProps {
  node: NodeDef;
  trouble: (field: string) => string | undefined;
  setOption: NodeEdits["setOption"];
}

const FIRST: LoopDef = { until: "", max_iterations: 10 };

/** Whether a sub-pipeline runs again and again, and until when. */
export function LoopFields({ node, trouble, setOption }: LoopFieldsProps) {
  const { components } = useEditor();
  const editable = useDocument((state) => state.editable);
  const definition = useDocument((state) => state.definition);
  const { loop } = node;
  const scope = useMemo(
    () => scopeOf(definition, components.catalog, node.id, "until"),
    [definition, components.catalog, node.id],
  );
  if (!loop && (!node.pipeline || node.map)) return null;
  const set = (change: Partial<LoopDef>): void => setOption("loop", { ...loop, ...change }, `change the loop of ${node.id}`);
  return (
    <div data-path="loop" className="flex flex-col gap-3">
      <Field
        label="Repeat"
        className="items-start"
        help="The pipeline runs again until a condition holds; its outputs feed parameters of the same name in the next round."
        error={trouble("loop")}
      >
        {({ "aria-required": _, ...control }) => (
          <Switch
            {...control}
            disabled={!editable}
            checked={Boolean(loop)}
            onCheckedChange={(on) => setOption("loop", on ? FIRST : undefined, on ? `repeat ${node.id}` : `run ${node.id} once`)}
          />
        )}
      </Field>
      {loop && (
        <>
          <div data-path="loop.until">
            <ConditionField
              label="Until"
              help="A condition on what a round gave, such as outputs.loss < 0.1 or round.number >= 3."
              value={loop.until}
              suggestions={scope}
              disabled={!editable}
              error={trouble("loop.until")}
              onChange={(until) => set({ until })}
            />
          </div>
          <div data-path="loop.max_iterations">
            <Field label="Rounds at most" error={trouble("loop.max_iterations")}>
              {(control) => (
                <TextField
                  {...control}
                  inputMode="numeric"
                  placeholder="10"
                  value={String(loop.max_iterations ?? "")}
                  onCommit={(text) => set({ max_iterations: toNumber(text) as number | undefined })}
                />
              )}
            </Field>
          </div>
        </>
      )}
    </div>
  );
}
