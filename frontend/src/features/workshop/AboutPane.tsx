import { lazy, Suspense } from "react";

import type { ComponentSpec, DraftContent, JsonObject } from "@/api/types";
import { CodeField, Field, Input, Spinner } from "@/ui";

const Docs = lazy(() => import("@/features/components/Docs"));

const LINES: [name: string, label: string, help?: string][] = [
  ["namespace", "Namespace", "Your team's; the part before the slash."],
  ["name", "Name", "Small letters, digits, - and _."],
  ["title", "Title"],
  ["category", "Category"],
  ["icon", "Icon", "A Lucide icon, such as table or rocket."],
];

interface AboutPaneProps {
  content: DraftContent;
  spec: ComponentSpec | null;
  onFields: (fields: JsonObject) => void;
}

/** What the component is called, and what its page in the catalog says. */
export function AboutPane({ content, spec, onFields }: AboutPaneProps) {
  const { kind, fields } = content;
  const python = kind === "python";
  const text = (name: string) => (typeof fields[name] === "string" ? (fields[name] as string) : "");
  const set = (name: string, value: string) => onFields({ ...fields, [name]: value });
  const docs = python ? spec?.docs || spec?.summary || "" : text("docs");
  return (
    <div className="flex flex-col gap-4 p-4">
      <div className="grid grid-cols-2 gap-3">
        {LINES.map(([name, label, help]) => (
          <Field key={name} label={label} help={help}>
            {(control) => (
              <Input
                {...control}
                spellCheck={false}
                value={text(name)}
                placeholder={spec ? String(spec[name as "name"] ?? "") : undefined}
                onChange={(event) => set(name, event.target.value)}
              />
            )}
          </Field>
        ))}
      </div>
      {python ? (
        <p className="text-xs text-muted">Summary and docs are the function's docstring, in Markdown; write them in the code.</p>
      ) : (
        <>
          <Field label="Summary" help="One line for the palette.">
            {(control) => <Input {...control} maxLength={300} value={text("summary")} onChange={(event) => set("summary", event.target.value)} />}
          </Field>
          <div className="flex flex-col gap-1">
            <h3 className="text-xs font-medium">Docs, in Markdown</h3>
            <CodeField label="Docs" language="markdown" value={text("docs")} onChange={(next) => set("docs", next)} />
          </div>
        </>
      )}
      {docs && (
        <section aria-label="Preview of the docs" className="rounded-lg border bg-surface p-3">
          <Suspense fallback={<Spinner label="Loading the docs…" />}>
            <Docs text={docs} />
          </Suspense>
        </section>
      )}
    </div>
  );
}
