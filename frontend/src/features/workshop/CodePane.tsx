import type { ComponentKind, DraftContent, JsonObject } from "@/api/types";
import { CodeField, type JsonSchema, type Mark, SchemaForm } from "@/ui";

/** The field of a kind that is code, and its language; http and containers are forms alone. */
const CODE: Record<string, { field: string; language: string; label: string }> = {
  python: { field: "source", language: "python", label: "Python source" },
  shell: { field: "command", language: "shell", label: "Shell script" },
  sql: { field: "query", language: "sql", label: "SQL query" },
};
/** What has a place of its own in the editor. */
const ELSEWHERE = new Set(["namespace", "name", "title", "summary", "docs", "category", "icon", "inputs", "outputs", "parameters", "examples"]);

interface CodePaneProps {
  kind: ComponentKind;
  content: DraftContent;
  marks: Mark[];
  onFields: (fields: JsonObject) => void;
}

/** How the component does its work: code, and the rest of what its kind asks for. */
export function CodePane({ kind, content, marks, onFields }: CodePaneProps) {
  const code = CODE[kind.name];
  const { fields } = content;
  const form = formOf(kind, code?.field);
  const own = Object.keys(form.properties ?? {});
  return (
    <div className="flex h-full min-h-0 flex-col">
      {code && (
        <div className="min-h-0 flex-1">
          <CodeField
            key={kind.name}
            label={code.label}
            language={code.language}
            value={typeof fields[code.field] === "string" ? (fields[code.field] as string) : ""}
            marks={marks}
            fill
            className="rounded-none! border-0!"
            onChange={(text) => onFields({ ...fields, [code.field]: text })}
          />
        </div>
      )}
      {own.length > 0 && (
        <div className={code ? "max-h-56 shrink-0 overflow-y-auto border-t p-3" : "min-h-0 flex-1 overflow-y-auto p-4"}>
          <SchemaForm
            schema={form}
            value={Object.fromEntries(Object.entries(fields).filter(([name]) => own.includes(name)))}
            onChange={(next) => {
              const others = Object.entries(fields).filter(([name]) => !own.includes(name));
              onFields({ ...Object.fromEntries(others), ...next });
            }}
          />
        </div>
      )}
    </div>
  );
}

function formOf(kind: ComponentKind, code: string | undefined): JsonSchema {
  const form = kind.form as JsonSchema;
  const shown = Object.entries(form.properties ?? {}).filter(([name]) => !ELSEWHERE.has(name) && name !== code);
  return {
    type: "object",
    properties: Object.fromEntries(shown),
    required: (form.required ?? []).filter((name) => shown.some(([one]) => one === name)),
  };
}
