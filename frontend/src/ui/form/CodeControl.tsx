import { lazy, Suspense, useCallback, useRef, useState } from "react";
import { Textarea } from "../Field";
import type { Selected } from "./CodeEditor";
import type { ControlProps } from "./context";

const CodeEditor = lazy(() => import("./CodeEditor"));

/** Code with highlighting; a plain field until the editor has arrived. */
export function CodeControl({ schema, value, onChange, control, disabled, label }: ControlProps) {
  const text = typeof value === "string" ? value : "";
  /** What was selected in the plain field, for one who was writing there already. */
  const selected = useRef<Selected | null>(null);
  const keepSelected = useCallback(
    (field: HTMLTextAreaElement) => () => {
      const here = document.activeElement === field;
      selected.current = here ? [field.selectionStart, field.selectionEnd] : null;
    },
    [],
  );
  return (
    <Suspense
      fallback={
        <Textarea
          {...control}
          ref={keepSelected}
          value={text}
          rows={8}
          disabled={disabled}
          className="font-mono text-xs"
          onChange={(event) => onChange(event.target.value)}
        />
      }
    >
      <CodeEditor
        id={control.id}
        label={label}
        describedBy={control["aria-describedby"]}
        invalid={control["aria-invalid"] === true}
        language={schema.language ?? "text"}
        value={text}
        readOnly={disabled}
        onChange={onChange}
        selected={selected}
      />
    </Suspense>
  );
}

/** Any JSON: kept as typed while it cannot be read, stored as soon as it can. */
export function JsonControl({ value, onChange, control, disabled, label }: ControlProps) {
  const [typed, setTyped] = useState<{ text: string; value: unknown } | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const written = value === undefined ? "" : JSON.stringify(value, null, 2);
  const text = typed && JSON.stringify(typed.value) === JSON.stringify(value) ? typed.text : written;

  function read(next: string): void {
    if (next.trim() === "") {
      setTyped({ text: next, value: undefined });
      setTrouble(null);
      onChange(undefined);
      return;
    }
    try {
      const parsed: unknown = JSON.parse(next);
      setTyped({ text: next, value: parsed });
      setTrouble(null);
      onChange(parsed);
    } catch (error) {
      setTyped({ text: next, value });
      setTrouble(`Not JSON yet: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  return (
    <>
      <Suspense fallback={<Textarea {...control} readOnly value={text} className="font-mono text-xs" />}>
        <CodeEditor
          id={control.id}
          label={label}
          describedBy={control["aria-describedby"]}
          invalid={trouble !== null || control["aria-invalid"] === true}
          language="json"
          value={text}
          readOnly={disabled}
          onChange={read}
        />
      </Suspense>
      {trouble && (
        <p role="status" className="text-xs text-danger">
          {trouble}
        </p>
      )}
    </>
  );
}
