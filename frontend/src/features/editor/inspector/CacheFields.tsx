import { useDocument } from "@/document";
import type { CachePolicy } from "@/graph/types";
import { Field, Select } from "@/ui";

import { DurationField } from "./DurationField";

type Choice = "as-pipeline" | "on" | "off";

export interface CacheFieldsProps {
  value: CachePolicy | undefined;
  /** What the pipeline says; left out in the pipeline's own settings. */
  inherited?: CachePolicy;
  error?: string;
  onChange: (value: CachePolicy | undefined) => void;
}

/** Whether results of earlier runs are used again, and how old they may be. */
export function CacheFields({ value, inherited, error, onChange }: CacheFieldsProps) {
  const editable = useDocument((state) => state.editable);
  const choice = choiceOf(value, inherited === undefined);
  const options: { value: Choice; label: string }[] = [
    { value: "off", label: "Never" },
    { value: "on", label: "When nothing has changed" },
  ];
  if (inherited !== undefined) options.unshift({ value: "as-pipeline", label: `As the pipeline: ${inWords(inherited)}` });
  return (
    <div data-path="cache" className="flex flex-col gap-3">
      <Field
        label="Reuse results"
        help="When component, settings, inputs and environment are the same as in an earlier run, its outputs are taken."
        error={error}
      >
        {(control) => (
          <Select
            {...control}
            disabled={!editable}
            value={choice}
            options={options}
            onValueChange={(next) => onChange(policyOf(next as Choice, value, inherited === undefined))}
          />
        )}
      </Field>
      {choice === "on" && (
        <DurationField
          label="Not older than"
          help="Such as 12h or 7d. Without one, results never grow too old."
          placeholder="any age"
          value={typeof value === "object" ? value.max_age : undefined}
          error={undefined}
          onChange={(max_age) => onChange(max_age === undefined ? true : { max_age })}
        />
      )}
    </div>
  );
}

function choiceOf(value: CachePolicy | undefined, top: boolean): Choice {
  if (value === undefined || value === null) return top ? "off" : "as-pipeline";
  return value === false ? "off" : "on";
}

function policyOf(choice: Choice, before: CachePolicy | undefined, top: boolean): CachePolicy | undefined {
  if (choice === "on") return before || true;
  return choice === "off" && !top ? false : undefined;
}

function inWords(policy: CachePolicy): string {
  if (policy === false) return "never";
  const age = typeof policy === "object" ? policy.max_age : undefined;
  return age === undefined ? "when nothing has changed" : `not older than ${typeof age === "number" ? `${age}s` : age}`;
}
