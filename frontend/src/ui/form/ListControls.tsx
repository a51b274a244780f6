import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "../Button";
import { INPUT, Input } from "../Field";
import { IconButton } from "../IconButton";
import { type ControlProps, useFormSettings } from "./context";
import { type JsonSchema, startValue } from "./schema";

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A list of words as chips: Enter or a comma adds, Backspace in the empty field takes the last. */
export function StringsControl({ schema, value, onChange, control, disabled, label }: ControlProps) {
  const { columnSuggestions } = useFormSettings();
  const [typed, setTyped] = useState("");
  const listId = useId();
  const words = asList(value).map(String);
  const suggest = (schema.format === "columns" ? columnSuggestions : []).filter((one) => !words.includes(one));

  function add(text: string): void {
    const fresh = text
      .split(/[,\n]/)
      .map((word) => word.trim())
      .filter(Boolean);
    if (fresh.length > 0) onChange([...words, ...fresh]);
    setTyped("");
  }

  function remove(index: number): void {
    const rest = words.filter((_, at) => at !== index);
    onChange(rest.length > 0 || schema.default !== undefined ? rest : undefined);
  }

  return (
    <div
      className={`${INPUT} flex min-h-8 flex-wrap items-center gap-1 py-1 focus-within:outline-2 focus-within:outline-accent`}
      aria-invalid={control["aria-invalid"]}
    >
      {words.map((word, index) => (
        <span
          key={`${index}-${word}`}
          className="inline-flex max-w-full items-center gap-0.5 rounded-sm bg-neutral-soft py-px pr-0.5 pl-1.5 text-xs"
        >
          <span className="truncate">{word}</span>
          <button
            type="button"
            aria-label={`Remove ${word} from ${label}`}
            disabled={disabled}
            onClick={() => remove(index)}
            className="rounded-sm p-0.5 text-muted hover:text-ink"
          >
            <X className="size-3" aria-hidden />
          </button>
        </span>
      ))}
      <input
        {...control}
        type="text"
        value={typed}
        disabled={disabled}
        autoComplete="off"
        list={suggest.length > 0 ? listId : undefined}
        placeholder={words.length === 0 ? "Type and press Enter" : undefined}
        className="h-5 min-w-24 flex-1 bg-transparent text-sm outline-none placeholder:text-faint"
        onChange={(event) => {
          const text = event.target.value;
          if (text.includes(",") || suggest.includes(text)) add(text);
          else setTyped(text);
        }}
        onBlur={() => add(typed)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && typed) {
            event.preventDefault();
            add(typed);
          } else if (event.key === "Backspace" && !typed && words.length > 0) {
            remove(words.length - 1);
          }
        }}
      />
      {suggest.length > 0 && (
        <datalist id={listId}>
          {suggest.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </div>
  );
}

export function ArrayControl({ schema, path, value, onChange, control, disabled, label, renderField }: ControlProps) {
  const rows = asList(value);
  const items: JsonSchema = schema.items ?? {};

  function replace(index: number, next: unknown): void {
    onChange(rows.map((row, at) => (at === index ? next : row)));
  }

  function move(index: number, by: number): void {
    const next = [...rows];
    const [row] = next.splice(index, 1);
    next.splice(index + by, 0, row);
    onChange(next);
  }

  return (
    <div id={control.id} role="group" aria-label={label} aria-describedby={control["aria-describedby"]} className="flex flex-col gap-2">
      {rows.map((row, index) => (
        <div key={index} className="flex items-start gap-1 rounded-md border bg-inset p-2">
          <div className="min-w-0 flex-1">
            {renderField({
              name: String(index),
              label: `${items.title ?? label} ${index + 1}`,
              schema: items,
              path: `${path}.${index}`,
              value: row,
              onChange: (next) => replace(index, next ?? startValue(items)),
            })}
          </div>
          <div className="flex flex-col">
            <IconButton label={`Remove entry ${index + 1}`} icon={<X />} size="sm" disabled={disabled} onClick={() => onChange(rows.filter((_, at) => at !== index))} />
            {rows.length > 1 && (
              <>
                <IconButton label={`Move entry ${index + 1} up`} icon={<ArrowUp />} size="sm" disabled={disabled || index === 0} onClick={() => move(index, -1)} />
                <IconButton label={`Move entry ${index + 1} down`} icon={<ArrowDown />} size="sm" disabled={disabled || index === rows.length - 1} onClick={() => move(index, 1)} />
              </>
            )}
          </div>
        </div>
      ))}
      <Button
        size="sm"
        className="self-start"
        icon={<Plus className="size-3.5" aria-hidden />}
        disabled={disabled || (schema.maxItems !== undefined && rows.length >= schema.maxItems)}
        onClick={() => onChange([...rows, startValue(items)])}
      >
        Add {(items.title ?? "entry").toLowerCase()}
      </Button>
    </div>
  );
}

/** An object with names of the reader's choosing: one row per name. */
export function MapControl({ schema, path, value, onChange, control, disabled, label, renderField }: ControlProps) {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>);
  const inner = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};

  function write(next: [string, unknown][]): void {
    onChange(next.length > 0 || schema.default !== undefined ? Object.fromEntries(next) : undefined);
  }

  return (
    <div id={control.id} role="group" aria-label={label} aria-describedby={control["aria-describedby"]} className="flex flex-col gap-2">
      {entries.map(([name, one], index) => (
        <div key={index} className="flex items-end gap-1">
          <MapName
            name={name}
            label={`Name ${index + 1} in ${label}`}
            disabled={disabled}
            taken={(text) => entries.some(([other], at) => at !== index && other === text)}
            onRename={(text) => write(entries.map((entry, at) => (at === index ? [text, entry[1]] : entry)))}
          />
          <div className="min-w-0 flex-[2]">
            {renderField({
              name,
              label: `Value of ${name || "the new entry"}`,
              schema: inner,
              path: `${path}.${name}`,
              value: one,
              onChange: (next) =>
                write(entries.map((entry, at) => (at === index ? [name, next ?? startValue(inner)] : entry))),
              bare: true,
            })}
          </div>
          <IconButton label={`Remove ${name || "the entry"}`} icon={<X />} disabled={disabled} onClick={() => write(entries.filter((_, at) => at !== index))} />
        </div>
      ))}
      <Button
        size="sm"
        className="self-start"
        icon={<Plus className="size-3.5" aria-hidden />}
        disabled={disabled || entries.some(([name]) => name === "")}
        onClick={() => write([...entries, ["", startValue(inner)]])}
      >
        Add entry
      </Button>
    </div>
  );
}

interface MapNameProps {
  name: string;
  label: string;
  disabled: boolean;
  taken: (text: string) => boolean;
  onRename: (text: string) => void;
}

/** A name that would swallow another entry is only taken over once it is a different one. */
function MapName({ name, label, disabled, taken, onRename }: MapNameProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? name;
  const clash = typed !== null && taken(typed);
  return (
    <Input
      aria-label={label}
      aria-invalid={clash || undefined}
      title={clash ? "This name is there already" : undefined}
      value={shown}
      disabled={disabled}
      className="flex-1"
      placeholder="name"
      onBlur={() => setTyped(null)}
      onChange={(event) => {
        const text = event.target.value;
        setTyped(text);
        if (!taken(text)) onRename(text);
      }}
    />
  );
}
