import type { Duration } from "@/graph/types";
import { Field } from "@/ui";

import { durationTrouble, toDuration } from "./duration";
import { TextField } from "./TextField";

interface DurationFieldProps {
  label: string;
  help?: string;
  placeholder?: string;
  value: Duration | null | undefined;
  error: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** A span of time as one writes it: `90s`, `10m`. */
export function DurationField({ label, help, placeholder = "none", value, error, onChange }: DurationFieldProps) {
  const text = typeof value === "number" ? `${value}s` : (value ?? "");
  return (
    <Field label={label} help={help} error={error ?? durationTrouble(text)}>
      {(control) => (
        <TextField
          {...control}
          value={text}
          placeholder={placeholder}
          onCommit={(typed) => onChange(toDuration(typed))}
        />
      )}
    </Field>
  );
}
