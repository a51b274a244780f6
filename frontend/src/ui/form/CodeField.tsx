import { lazy, Suspense } from "react";
import { Textarea } from "../Field";
import type { CodeEditorProps, Mark } from "./CodeEditor";

const CodeEditor = lazy(() => import("./CodeEditor"));

export type CodeFieldProps = Omit<CodeEditorProps, "selected">;
export type { Mark };

/** A code editor by itself, in a chunk of its own; a plain field until it has arrived. */
export function CodeField(props: CodeFieldProps) {
  const { value, label, onChange, readOnly } = props;
  return (
    <Suspense
      fallback={
        <Textarea
          aria-label={label}
          value={value}
          readOnly={readOnly}
          className="h-full w-full font-mono text-xs"
          onChange={(event) => onChange?.(event.target.value)}
        />
      }
    >
      <CodeEditor {...props} />
    </Suspense>
  );
}
