import { json } from "@codemirror/lang-json";
import { markdown } from "@codemirror/lang-markdown";
import { python } from "@codemirror/lang-python";
import { sql } from "@codemirror/lang-sql";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import CodeMirror from "@uiw/react-codemirror";
import { clsx } from "clsx";
import { type RefObject, useEffect, useMemo, useState } from "react";

const LANGUAGES: Record<string, () => Extension> = {
  json: () => json(),
  markdown: () => markdown(),
  shell: () => StreamLanguage.define(shell),
  python: () => python(),
  sql: () => sql(),
  yaml: () => yaml(),
};

/** The theme is made of the page's tokens, so it follows light and dark by itself. */
const LOOK = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--color-ink)", fontSize: "12px" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "var(--font-mono)", caretColor: "var(--color-ink)" },
  ".cm-gutters": {
    backgroundColor: "transparent",
    color: "var(--color-faint)",
    border: "none",
    fontFamily: "var(--font-mono)",
  },
  ".cm-cursor": { borderLeftColor: "var(--color-ink)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--color-inset)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "color-mix(in oklab, var(--color-accent) 28%, transparent) !important",
  },
  ".cm-tooltip, .cm-panels": {
    backgroundColor: "var(--color-raised)",
    color: "var(--color-ink)",
    border: "1px solid var(--color-line)",
  },
});

const COLOURS = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--color-violet)" },
    { tag: [tags.string, tags.special(tags.string)], color: "var(--color-success)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--color-info)" },
    { tag: [tags.comment, tags.meta], color: "var(--color-faint)", fontStyle: "italic" },
    { tag: [tags.function(tags.variableName), tags.propertyName], color: "var(--color-accent)" },
    { tag: [tags.typeName, tags.className], color: "var(--color-warning)" },
    { tag: tags.heading, color: "var(--color-ink)", fontWeight: "600" },
    { tag: [tags.link, tags.url], color: "var(--color-accent)" },
    { tag: tags.invalid, color: "var(--color-danger)" },
  ]),
);

const SETUP = { foldGutter: false, highlightActiveLineGutter: false, lintKeymap: false };
/** A value of a few lines needs no numbers; code does, for errors name them. */
const VALUE_SETUP = { ...SETUP, lineNumbers: false };

/** Where a selection begins and ends, in characters. */
export type Selected = readonly [number, number];

/** Something to say about a line; the first line is 1. */
export interface Mark {
  line: number;
  message: string;
  severity: "error" | "warning";
}

const NO_MARKS: readonly Mark[] = [];

export interface CodeEditorProps {
  value: string;
  language: string;
  label: string;
  onChange?: (text: string) => void;
  readOnly?: boolean;
  invalid?: boolean;
  id?: string;
  describedBy?: string;
  maxHeight?: string;
  className?: string;
  /** Where to go on writing at once; null or absent takes no focus. */
  selected?: RefObject<Selected | null>;
  /** Shown at their lines and in the gutter, which is there when this is given. */
  marks?: readonly Mark[];
  /** Takes all the height that there is, instead of growing with the text. */
  fill?: boolean;
}

/** CodeMirror. Tab indents; Escape and then Tab leaves it by keyboard. */
export default function CodeEditor({
  value,
  language,
  label,
  onChange,
  readOnly = false,
  invalid = false,
  id,
  describedBy,
  maxHeight = "22rem",
  className,
  selected,
  marks,
  fill = false,
}: CodeEditorProps) {
  const [view, setView] = useState<EditorView | null>(null);
  const marked = marks !== undefined;
  const extensions = useMemo(
    () => [
      LANGUAGES[language]?.() ?? [],
      LOOK,
      COLOURS,
      EditorView.lineWrapping,
      marked ? lintGutter() : [],
      EditorView.contentAttributes.of({
        "aria-label": label,
        ...(id ? { id } : {}),
        ...(describedBy ? { "aria-describedby": describedBy } : {}),
        ...(invalid ? { "aria-invalid": "true" } : {}),
      }),
    ],
    [language, label, id, describedBy, invalid, marked],
  );
  useMarks(view, marks ?? NO_MARKS);
  return (
    <div
      // Escape belongs to the editor here (it frees Tab); a panel around it must not close on it.
      onKeyDown={(event) => {
        if (event.key === "Escape") event.stopPropagation();
      }}
      className={clsx(
        "overflow-hidden rounded-md border bg-surface focus-within:outline-2 focus-within:outline-accent",
        invalid ? "border-danger" : "border-field",
        fill && "h-full min-h-0",
        className,
      )}
    >
      <CodeMirror
        value={value}
        onChange={onChange}
        extensions={extensions}
        theme="none"
        editable={!readOnly}
        readOnly={readOnly}
        basicSetup={language === "json" ? VALUE_SETUP : SETUP}
        minHeight={fill ? undefined : "4.5rem"}
        maxHeight={fill ? undefined : maxHeight}
        height={fill ? "100%" : undefined}
        className={fill ? "h-full" : undefined}
        onCreateEditor={(view) => {
          setView(view);
          if (!selected?.current) return;
          const [anchor, head] = selected.current.map((at) => Math.min(at, view.state.doc.length));
          view.dispatch({ selection: { anchor: anchor ?? 0, head: head ?? 0 } });
          view.focus();
        }}
      />
    </div>
  );
}

function useMarks(view: EditorView | null, marks: readonly Mark[]): void {
  useEffect(() => {
    if (!view) return;
    const { doc } = view.state;
    const found: Diagnostic[] = marks.map(({ line, message, severity }) => {
      const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
      return { from, to, message, severity };
    });
    view.dispatch(setDiagnostics(view.state, found));
  }, [view, marks]);
}
