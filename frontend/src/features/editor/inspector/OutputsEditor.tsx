import { Plus, Trash2 } from "lucide-react";
import { useMemo } from "react";

import { useDocument } from "@/document";
import { refOf } from "@/graph/catalog";
import { portsOf } from "@/graph/interface";
import { freeName, IDENTIFIER_HELP, isIdentifier } from "@/graph/names";
import type { Catalog, Definition, OutputDef } from "@/graph/types";
import { Button, IconButton, Select, Ticks, toast } from "@/ui";

import { useEditor } from "../context";
import { TextField } from "./TextField";

const NONE: OutputDef[] = [];
/** A list of more choices than these is quicker to write into than to look through. */
const MOST_CHOICES = 300;

/** What the pipeline gives to whoever uses it as a node. */
export function OutputsEditor() {
  const { store, components } = useEditor();
  const definition = useDocument((state) => state.definition);
  const problems = useDocument((state) => state.problems);
  const editable = useDocument((state) => state.editable);
  const outputs = definition.outputs ?? NONE;
  const choices = useMemo(
    () => (outputs.length > 0 ? choicesOf(definition, components.catalog) : []),
    [outputs.length, definition, components.catalog],
  );

  const set = (next: OutputDef[], label: string): void => {
    store.getState().perform({
      edit: { kind: "setField", field: "outputs", value: next.length > 0 ? next : undefined },
      label,
    });
  };
  const change = (at: number, part: Partial<OutputDef>): void =>
    set(
      outputs.map((one, index) => (index === at ? { ...one, ...part } : one)),
      `change output ${outputs[at]?.name}`,
    );
  const rename = (at: number, name: string): void => {
    if (!isIdentifier(name)) return void toast({ tone: "error", title: `\`${name}\` is not a name`, description: IDENTIFIER_HELP });
    change(at, { name });
  };
  const add = (): void => {
    const [first] = choicesOf(definition, components.catalog).slice(-1);
    const name = first?.value.split(".")[1] ?? "output";
    set([...outputs, { name: freeName(name, new Set(outputs.map((one) => one.name))), from: first?.value ?? "" }], "add an output");
  };

  return (
    <section className="flex flex-col gap-2" aria-label="Outputs">
      <div className="flex items-center gap-2">
        <h3 className="flex-1 text-xs font-medium">Outputs</h3>
        {editable && definition.nodes.length > 0 && (
          <Button size="sm" icon={<Plus className="size-3.5" aria-hidden />} onClick={add}>
            Add output
          </Button>
        )}
      </div>
      {outputs.length === 0 && (
        <p className="text-xs text-muted">What other pipelines get that use this one as a node.</p>
      )}
      {outputs.map((output, at) => {
        const trouble = problems.find(({ field, node }) => !node && field?.startsWith(`outputs.${at}`))?.message;
        return (
          // Names change while they are edited; the place does not.
          <div key={at} data-output={output.name}>
            <div className="flex items-center gap-1.5">
              <TextField
                aria-label={`Name of output ${at + 1}`}
                className="w-28 shrink-0 font-mono text-xs"
                spellCheck={false}
                disabled={!editable}
                value={output.name}
                onCommit={(name) => rename(at, name)}
              />
              <span aria-hidden className="text-faint">
                ←
              </span>
              {choices.length > MOST_CHOICES ? (
                <TextField
                  aria-label={`Where output ${output.name} comes from`}
                  className="min-w-0 flex-1 font-mono text-xs"
                  placeholder="node.port"
                  spellCheck={false}
                  disabled={!editable}
                  value={output.from}
                  onCommit={(from) => change(at, { from })}
                />
              ) : (
                <Select
                  label={`Where output ${output.name} comes from`}
                  className="min-w-0 flex-1"
                  placeholder="Choose…"
                  disabled={!editable}
                  value={output.from}
                  options={choices}
                  onValueChange={(from) => change(at, { from })}
                />
              )}
              {editable && (
                <IconButton
                  label={`Remove output ${output.name}`}
                  size="sm"
                  icon={<Trash2 />}
                  onClick={() => set(outputs.filter((_one, index) => index !== at), `remove output ${output.name}`)}
                />
              )}
            </div>
            {trouble && (
              <p className="mt-1 text-xs text-danger">
                <Ticks text={trouble} />
              </p>
            )}
          </div>
        );
      })}
    </section>
  );
}

function choicesOf(definition: Definition, catalog: Catalog): { value: string; label: string }[] {
  return definition.nodes.flatMap((node) => {
    const title = node.title || catalog.spec(refOf(node))?.title || node.id;
    return (portsOf(definition, catalog, node)?.outputs ?? []).map(({ name }) => ({
      value: `${node.id}.${name}`,
      label: title === node.id ? `${node.id} · ${name}` : `${title} (${node.id}) · ${name}`,
    }));
  });
}
