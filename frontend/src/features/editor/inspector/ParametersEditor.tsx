import { ChevronDown, ChevronRight, Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { renameParameterAct, useDocument } from "@/document";
import { valueSchema } from "@/features/run/parameters";
import { freeName, IDENTIFIER_HELP, isIdentifier } from "@/graph/names";
import { PARAMETER_TYPES, type Parameter, type ParameterType } from "@/graph/types";
import { Button, Field, IconButton, type JsonSchema, SchemaForm, toast } from "@/ui";

import { useEditor } from "../context";
import { uploadFor } from "../upload";
import { TextField } from "./TextField";

const NONE: Parameter[] = [];

/** The values that whoever starts a run may choose. */
export function ParametersEditor() {
  const { store } = useEditor();
  const parameters = useDocument((state) => state.definition.parameters ?? NONE);
  const problems = useDocument((state) => state.problems);
  const editable = useDocument((state) => state.editable);
  const [open, setOpen] = useState<number | null>(null);

  const set = (next: Parameter[], label: string, merge?: string): void => {
    store.getState().perform({
      edit: { kind: "setParameters", parameters: next.length > 0 ? next : undefined },
      label,
      merge,
    });
  };
  const add = (): void => {
    const name = freeName("parameter", new Set(parameters.map((one) => one.name)));
    set([...parameters, { name, type: "string" }], "add a parameter");
    setOpen(parameters.length);
  };

  return (
    <section className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <h3 className="flex-1 text-xs font-medium">Parameters</h3>
        {editable && (
          <Button size="sm" icon={<Plus className="size-3.5" aria-hidden />} onClick={add}>
            Add parameter
          </Button>
        )}
      </div>
      {parameters.length === 0 && (
        <p className="text-xs text-muted">
          Values that may differ from run to run. A setting takes one as <code className="font-mono">{"${{ params.name }}"}</code>.
        </p>
      )}
      {parameters.map((parameter, at) => (
        <Card
          // Names change while they are edited; the place does not.
          key={at}
          parameter={parameter}
          open={open === at}
          editable={editable}
          trouble={problems.find(({ field, node }) => !node && field?.startsWith(`parameters.${at}`))?.message}
          onToggle={() => setOpen(open === at ? null : at)}
          onChange={(next, field) =>
            set(
              parameters.map((one, index) => (index === at ? next : one)),
              `change parameter ${parameter.name}`,
              `parameter ${at} ${field}`,
            )
          }
          onRemove={() => {
            set(parameters.filter((_one, index) => index !== at), `remove parameter ${parameter.name}`);
            setOpen(null);
          }}
        />
      ))}
    </section>
  );
}

interface CardProps {
  parameter: Parameter;
  open: boolean;
  editable: boolean;
  trouble: string | undefined;
  onToggle: () => void;
  onChange: (parameter: Parameter, field: string) => void;
  onRemove: () => void;
}

function Card({ parameter, open, editable, trouble, onToggle, onChange, onRemove }: CardProps) {
  const { pipeline } = useEditor();
  const { name, type = "string", required } = parameter;
  const initial = parameter.default;
  const Arrow = open ? ChevronDown : ChevronRight;
  const summary = initial === undefined || initial === null ? (required ? "required" : "") : `= ${JSON.stringify(initial)}`;
  return (
    <div className={`rounded-md border ${trouble ? "border-danger" : ""}`} data-parameter={name}>
      <div className="flex items-center pr-1.5">
        <button type="button" aria-expanded={open} onClick={onToggle} className="flex min-w-0 flex-1 items-center gap-1.5 px-2 py-1.5 text-left">
          <Arrow className="size-3.5 shrink-0 text-muted" aria-hidden />
          <span title={name} className="max-w-[60%] truncate font-mono text-xs font-medium">{name}</span>
          <span className="shrink-0 text-xs text-muted">{type}</span>
          <span className="min-w-0 flex-1 truncate text-xs text-faint">{summary}</span>
        </button>
        {editable && <IconButton label={`Remove parameter ${name}`} size="sm" icon={<Trash2 />} onClick={onRemove} />}
      </div>
      {trouble && <p className="px-2.5 pb-1.5 text-xs text-danger">{trouble}</p>}
      {open && (
        <div className="flex flex-col gap-3 border-t p-2.5">
          <NameField name={name} editable={editable} />
          <SchemaForm
            schema={schemaOf(parameter)}
            value={valueOf(parameter)}
            disabled={!editable}
            uploadFile={uploadFor(pipeline.team)}
            onChange={(value, path) => onChange(parameterOf(name, value), path)}
          />
        </div>
      )}
    </div>
  );
}

/** Renaming takes the expressions that use the parameter along. */
function NameField({ name, editable }: { name: string; editable: boolean }) {
  const { store, components } = useEditor();
  const rename = (to: string): void => {
    const { definition, perform } = store.getState();
    if (!isIdentifier(to)) return void toast({ tone: "error", title: `\`${to}\` is not a name`, description: IDENTIFIER_HELP });
    if (definition.parameters?.some((one) => one.name === to)) {
      return void toast({ tone: "error", title: `There is a parameter \`${to}\` already` });
    }
    perform(renameParameterAct(definition, components.catalog, name, to));
  };
  return (
    <Field label="Name" required>
      {(control) => (
        <TextField {...control} className="font-mono text-xs" spellCheck={false} disabled={!editable} value={name} onCommit={rename} />
      )}
    </Field>
  );
}

/** Types of which a parameter may allow some values only. */
const CHOOSABLE: ReadonlySet<string> = new Set(["string", "number", "integer"]);

/** The form of one parameter; what its default and limits may be depends on its type. */
function schemaOf({ type = "string", enum: choices }: Parameter): JsonSchema {
  const valueType = valueSchema(type);
  const numeric = type === "number" || type === "integer";
  return {
    type: "object",
    properties: {
      type: { type: "string", enum: [...PARAMETER_TYPES], title: "Type" },
      default: { ...valueType, title: "Default", ...(choices?.length ? { enum: choices } : {}) },
      required: { type: "boolean", title: "Must be given", default: false },
      title: { type: "string", title: "Title" },
      description: { type: "string", title: "Help" },
      ...(CHOOSABLE.has(type) ? { enum: { type: "array", items: valueType, title: "Only these values" } } : {}),
      ...(numeric ? { minimum: { type, title: "At least" }, maximum: { type, title: "At most" } } : {}),
    },
  };
}

function valueOf({ name: _name, ...rest }: Parameter): Record<string, unknown> {
  const entries = Object.entries({ type: "string", ...rest });
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined));
}

/** A parameter without what is empty; what belongs to another type goes with the old one. */
function parameterOf(name: string, value: Record<string, unknown>): Parameter {
  const type = (value.type ?? "string") as NonNullable<Parameter["type"]>;
  const numeric = type === "number" || type === "integer";
  const fits = (one: unknown): boolean => fitsType(type, one);
  const kept = Object.entries(value).filter(([key, one]) => {
    if (one === undefined || one === "") return false;
    if (key === "default") return fits(one);
    if (key === "enum") return Array.isArray(one) && one.length > 0 && one.every(fits) && CHOOSABLE.has(type);
    if (key === "minimum" || key === "maximum") return numeric;
    return !(key === "required" && one === false);
  });
  return { name, ...Object.fromEntries(kept) };
}

/** Whether a value may stand for a parameter of the type; a value that is still being written may. */
function fitsType(type: ParameterType, value: unknown): boolean {
  switch (type) {
    case "number":
      return typeof value === "number";
    case "integer":
      return Number.isInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "list":
      return Array.isArray(value);
    case "json":
    case "any":
      return true;
    default:
      return typeof value === "string";
  }
}
