import { clsx } from "clsx";
import { useId, useRef, useState } from "react";
import { INPUT } from "../Field";
import { type ControlProps, type Suggestion, useFormSettings } from "./context";

const TOKEN = /[\w.[\]'"]*$/;

/** The half-written name before the caret, when the caret stands inside `${{ … }}`. */
export function tokenAt(text: string, caret: number): string | null {
  const before = text.slice(0, caret);
  const open = before.lastIndexOf("${{");
  if (open < 0 || before.indexOf("}}", open) >= 0) return null;
  return TOKEN.exec(before.slice(open + 3))?.[0] ?? "";
}

const MOST = 8;

function matching(suggestions: Suggestion[], token: string | null): Suggestion[] {
  if (token === null) return [];
  const wanted = token.toLowerCase();
  return suggestions
    .filter(({ value }) => value.toLowerCase().includes(wanted) && value !== token)
    .slice(0, MOST);
}

/** The half-written name before the caret, where the whole text is an expression. */
export function bareTokenAt(text: string, caret: number): string | null {
  return TOKEN.exec(text.slice(0, caret))?.[0] || null;
}

/** A text with `${{ }}` in it; offers the names that an expression here may look at. */
export function ExpressionControl(props: ControlProps) {
  return <Expression {...props} tokenAt={tokenAt} />;
}

/** A text that is an expression as a whole, such as a condition. */
export function CelControl(props: ControlProps) {
  return <Expression {...props} tokenAt={bareTokenAt} />;
}

type ExpressionProps = ControlProps & { tokenAt: (text: string, caret: number) => string | null };

function Expression({ schema, value, onChange, control, disabled, label, tokenAt }: ExpressionProps) {
  const { expressionSuggestions } = useFormSettings();
  const [caret, setCaret] = useState<number | null>(null);
  const [active, setActive] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const text = String(value ?? "");
  const token = caret === null ? null : tokenAt(text, caret);
  const found = matching(expressionSuggestions, token);
  const open = found.length > 0;

  function pick(choice: Suggestion): void {
    const at = caret ?? text.length;
    const start = at - (token?.length ?? 0);
    const end = start + choice.value.length;
    onChange(text.slice(0, start) + choice.value + text.slice(at));
    requestAnimationFrame(() => {
      field.current?.setSelectionRange(end, end);
      setCaret(null);
    });
  }

  return (
    <div className="relative">
      <textarea
        {...control}
        ref={field}
        rows={Math.min(6, text.split("\n").length)}
        aria-controls={open ? listId : undefined}
        aria-autocomplete="list"
        aria-activedescendant={open ? `${listId}-${active}` : undefined}
        spellCheck={false}
        autoComplete="off"
        value={text}
        disabled={disabled}
        placeholder={schema.examples?.[0] ? String(schema.examples[0]) : undefined}
        className={clsx(INPUT, "min-h-8 resize-y bg-accent-soft py-1.5 font-mono text-xs")}
        onChange={(event) => {
          onChange(event.target.value);
          setCaret(event.target.selectionStart);
          setActive(0);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        onBlur={() => setCaret(null)}
        onKeyDown={(event) => {
          const choice = found[active];
          if (!choice) return;
          if (event.key === "ArrowDown") setActive((active + 1) % found.length);
          else if (event.key === "ArrowUp") setActive((active + found.length - 1) % found.length);
          else if (event.key === "Enter" || event.key === "Tab") pick(choice);
          else if (event.key === "Escape") setCaret(null);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {open && (
        <ul
          id={listId}
          role="listbox"
          aria-label={`What ${label} may look at`}
          className="absolute inset-x-0 top-full z-20 mt-1 max-h-60 overflow-auto rounded-md border bg-raised p-1 shadow-float"
        >
          {found.map((choice, index) => (
            <li
              key={choice.value}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === active}
              onPointerDown={(event) => {
                event.preventDefault();
                pick(choice);
              }}
              className={clsx(
                "flex items-baseline gap-2 rounded-sm px-2 py-1 font-mono text-xs",
                index === active && "bg-hover",
              )}
            >
              <span className="min-w-0 flex-1 truncate">{choice.value}</span>
              {choice.detail && <span className="font-sans text-2xs text-faint">{choice.detail}</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
