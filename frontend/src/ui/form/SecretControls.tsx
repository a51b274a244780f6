import { Plus, X } from "lucide-react";
import { INPUT } from "../Field";
import { Menu } from "../Menu";
import { Select } from "../Select";
import { type ControlProps, useFormSettings } from "./context";

const NONE = { value: "", label: <span className="text-muted">None</span> };

/** A secret by its name: the value is nowhere to be typed. */
export function SecretControl({ value, onChange, control, disabled }: ControlProps) {
  const { secrets } = useFormSettings();
  const chosen = typeof value === "string" ? value : "";
  const names = secrets?.names ?? [];
  const known = chosen === "" || names.includes(chosen);
  return (
    <div className="flex items-center gap-2">
      <Select
        {...control}
        className="min-w-0 flex-1"
        value={chosen}
        options={[
          NONE,
          ...(known ? [] : [{ value: chosen, label: `${chosen} (not there)` }]),
          ...names.map((name) => ({ value: name, label: <code>{name}</code> })),
        ]}
        disabled={disabled}
        onValueChange={(name) => onChange(name || undefined)}
      />
      {!disabled && <WriteNew onWritten={onChange} />}
    </div>
  );
}

/** Several secrets by their names, as chips. */
export function SecretsControl({ value, onChange, control, disabled, label }: ControlProps) {
  const { secrets } = useFormSettings();
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const names = secrets?.names ?? [];
  const left = names.filter((name) => !chosen.includes(name));
  const put = (next: string[]): void => onChange(next.length > 0 ? next : undefined);
  return (
    <div
      id={control.id}
      role="group"
      aria-label={label}
      aria-describedby={control["aria-describedby"]}
      className={`${INPUT} flex min-h-8 flex-wrap items-center gap-1 py-1`}
    >
      {chosen.map((name) => (
        <span key={name} className="inline-flex max-w-full items-center gap-0.5 rounded-sm bg-neutral-soft py-px pr-0.5 pl-1.5 text-xs">
          <code className={names.includes(name) ? "truncate" : "truncate text-danger line-through"}>{name}</code>
          <button
            type="button"
            aria-label={`Remove ${name} from ${label}`}
            disabled={disabled}
            onClick={() => put(chosen.filter((other) => other !== name))}
            className="rounded-sm p-0.5 text-muted hover:text-ink"
          >
            <X className="size-3" aria-hidden />
          </button>
        </span>
      ))}
      {!disabled && (
        <Menu
          items={[
            ...left.map((name) => ({ id: name, label: name, onSelect: () => put([...chosen, name]) })),
            ...(secrets?.writeNew
              ? [
                  ...(left.length > 0 ? ["line" as const] : []),
                  { id: "+", label: "Write a new secret…", onSelect: () => secrets.writeNew?.((name) => put([...chosen, name])) },
                ]
              : []),
            ...(left.length === 0 && !secrets?.writeNew
              ? [{ id: "-", label: "Your team has no other secret", disabled: true, onSelect: () => {} }]
              : []),
          ]}
        >
          <button
            type="button"
            aria-label={`Add to ${label}`}
            className="inline-flex items-center gap-1 rounded-sm px-1 py-px text-xs text-muted hover:bg-hover hover:text-ink"
          >
            <Plus className="size-3" aria-hidden /> Add
          </button>
        </Menu>
      )}
    </div>
  );
}

function WriteNew({ onWritten }: { onWritten: (name: string) => void }) {
  const { secrets } = useFormSettings();
  if (!secrets?.writeNew) return null;
  return (
    <button
      type="button"
      className="shrink-0 rounded-sm px-1 text-xs text-accent hover:underline"
      onClick={() => secrets.writeNew?.(onWritten)}
    >
      New…
    </button>
  );
}
