import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";

import { setCasesAct, useDocument } from "@/document";
import { IDENTIFIER_HELP, freeName, isIdentifier } from "@/graph/names";
import { OTHERWISE } from "@/graph/interface";
import { isObject } from "@/graph/read";
import type { NodeDef } from "@/graph/types";
import { Button, Field, IconButton, type JsonSchema, SchemaForm, type Suggestion, Ticks, toast } from "@/ui";

import { useEditor } from "../context";
import { TextField } from "./TextField";

interface Case {
  name: string;
  when: string;
}

export interface CasesEditorProps {
  node: NodeDef;
  /** The parameter that keeps the cases. */
  parameter: string;
  suggestions: Suggestion[];
  error: string | undefined;
}

const CONDITION: JsonSchema = {
  type: "object",
  properties: { when: { type: "string", format: "cel", title: "Condition", examples: ["inputs.value > 10"] } },
};

/** The cases of a switch: the first whose condition holds is taken. */
export function CasesEditor({ node, parameter, suggestions, error }: CasesEditorProps) {
  const { store } = useEditor();
  const editable = useDocument((state) => state.editable);
  const cases = casesOf(node.params?.[parameter]);
  const names = new Set(cases.map(({ name }) => name));

  const set = (next: readonly Case[], renamed?: { from: string; to: string }): void => {
    const { definition, perform } = store.getState();
    perform(setCasesAct(definition, node.id, parameter, next, renamed));
  };
  const replace = (at: number, next: Case): Case[] => cases.map((one, index) => (index === at ? next : one));
  const rename = (at: number, before: Case, typed: string): void => {
    const to = typed.trim();
    if (!isIdentifier(to)) return void toast({ tone: "error", title: `\`${to}\` cannot name a case`, description: IDENTIFIER_HELP });
    if (names.has(to) || to === OTHERWISE) return void toast({ tone: "error", title: `There is a case \`${to}\` already` });
    set(replace(at, { ...before, name: to }), { from: before.name, to });
  };
  const move = (at: number, by: number): void => {
    const next = [...cases];
    const [row] = next.splice(at, 1);
    if (row) next.splice(at + by, 0, row);
    set(next);
  };

  return (
    <section data-path={parameter} aria-label="Cases" className="flex flex-col gap-2">
      <h3 className="text-xs font-medium">Cases</h3>
      <p className="text-xs text-muted">
        The first whose condition holds is taken, and what hangs on the others is skipped.
      </p>
      {error && (
        <p role="alert" className="text-xs text-danger">
          <Ticks text={error} />
        </p>
      )}
      <ol className="flex flex-col gap-2">
        {cases.map((one, at) => (
          // Names change while they are edited; the place does not.
          <li key={at} className="flex items-start gap-1 rounded-md border bg-inset p-2" data-case={one.name}>
            <div className="flex min-w-0 flex-1 flex-col gap-2">
              <Field label={`Case ${at + 1}`}>
                {(control) => (
                  <TextField
                    {...control}
                    className="font-mono text-xs"
                    spellCheck={false}
                    disabled={!editable}
                    value={one.name}
                    onCommit={(name) => rename(at, one, name)}
                  />
                )}
              </Field>
              <SchemaForm
                schema={CONDITION}
                value={{ when: one.when }}
                disabled={!editable}
                expressionSuggestions={suggestions}
                onChange={({ when }) => set(replace(at, { ...one, when: String(when ?? "") }))}
              />
            </div>
            <div className="flex flex-col">
              <IconButton label={`Remove case ${one.name}`} icon={<X />} size="sm" disabled={!editable} onClick={() => set(cases.filter((_, index) => index !== at))} />
              {cases.length > 1 && (
                <>
                  <IconButton label={`Move case ${one.name} up`} icon={<ArrowUp />} size="sm" disabled={!editable || at === 0} onClick={() => move(at, -1)} />
                  <IconButton label={`Move case ${one.name} down`} icon={<ArrowDown />} size="sm" disabled={!editable || at === cases.length - 1} onClick={() => move(at, 1)} />
                </>
              )}
            </div>
          </li>
        ))}
        <li className="flex items-center gap-2 rounded-md border border-dashed px-2 py-1.5 text-xs text-muted">
          <span className="font-mono">{OTHERWISE}</span> when no condition holds
        </li>
      </ol>
      {editable && (
        <Button
          size="sm"
          className="self-start"
          icon={<Plus className="size-3.5" aria-hidden />}
          onClick={() => set([...cases, { name: freeName("case_1", new Set([...names, OTHERWISE])), when: "" }])}
        >
          Add case
        </Button>
      )}
    </section>
  );
}

/** Whatever stands there, as rows: a case that was half written through the API can be mended too. */
function casesOf(value: unknown): Case[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map((row) => ({ ...row, name: String(row.name ?? ""), when: String(row.when ?? "") }));
}
