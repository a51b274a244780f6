import { useId, useState } from "react";
import { Input, Textarea } from "../Field";
import { Select } from "../Select";
import { Switch } from "../Switch";
import { type ControlProps, useFormSettings } from "./context";
import { choices } from "./schema";

function placeholderOf(schema: ControlProps["schema"]): string | undefined {
  const example = schema.examples?.[0];
  return example === undefined ? undefined : `e.g. ${String(example)}`;
}

/** An emptied text falls back to the default only where that is no visible text itself. */
function emptied(schema: ControlProps["schema"], text: string): string | undefined {
  return text === "" && !schema.default ? undefined : text;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function TextControl({ schema, value, onChange, control, disabled }: ControlProps) {
  const { columnSuggestions } = useFormSettings();
  const listId = useId();
  const suggest = schema.format === "column" && columnSuggestions.length > 0;
  return (
    <>
      <Input
        {...control}
        type={schema.format === "password" ? "password" : "text"}
        inputMode={schema.format === "uri" ? "url" : undefined}
        spellCheck={false}
        autoComplete={schema.format === "password" ? "new-password" : "off"}
        value={asText(value)}
        placeholder={placeholderOf(schema)}
        disabled={disabled}
        list={suggest ? listId : undefined}
        onChange={(event) => onChange(emptied(schema, event.target.value))}
      />
      {suggest && (
        <datalist id={listId}>
          {columnSuggestions.map((column) => (
            <option key={column} value={column} />
          ))}
        </datalist>
      )}
    </>
  );
}

export function TextareaControl({ schema, value, onChange, control, disabled }: ControlProps) {
  return (
    <Textarea
      {...control}
      rows={Math.min(12, Math.max(3, asText(value).split("\n").length))}
      value={asText(value)}
      placeholder={placeholderOf(schema)}
      disabled={disabled}
      onChange={(event) => onChange(emptied(schema, event.target.value))}
    />
  );
}

/** The number in a text, or the text itself where it is none yet: typing must never lose a sign. */
function readNumber(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : text;
}

export function NumberControl({ schema, value, onChange, control, disabled }: ControlProps) {
  const [typed, setTyped] = useState<string | null>(null);
  // "1." and "1e" are on the way to a number: keep what was typed while it still means the value.
  const shown = typed !== null && readNumber(typed) === value ? typed : asText(value);
  return (
    <Input
      {...control}
      type="text"
      inputMode={schema.type === "integer" ? "numeric" : "decimal"}
      autoComplete="off"
      className="tabular-nums"
      value={shown}
      placeholder={placeholderOf(schema) ?? rangeText(schema)}
      disabled={disabled}
      onBlur={() => setTyped(null)}
      onChange={(event) => {
        setTyped(event.target.value);
        onChange(readNumber(event.target.value));
      }}
    />
  );
}

function rangeText({ minimum, maximum }: ControlProps["schema"]): string | undefined {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${minimum} or more`;
  return maximum === undefined ? undefined : `${maximum} or less`;
}

export function BooleanControl({ value, onChange, control, disabled }: ControlProps) {
  const { "aria-required": _, ...rest } = control;
  return (
    <Switch {...rest} checked={value === true} disabled={disabled} onCheckedChange={(checked) => onChange(checked)} />
  );
}

export function ChoiceControl({ schema, value, onChange, control, disabled }: ControlProps) {
  const options = choices(schema) ?? [];
  const index = options.findIndex((option) => option.value === value);
  return (
    <Select
      {...control}
      options={options.map((option, at) => ({ value: String(at), label: option.label }))}
      value={index < 0 ? "" : String(index)}
      placeholder={value === undefined || value === null ? "Choose…" : asText(value)}
      disabled={disabled}
      onValueChange={(at) => onChange(options[Number(at)]?.value)}
    />
  );
}
