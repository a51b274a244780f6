import { Plus, Trash2 } from "lucide-react";

import type { JsonObject } from "@/api/types";
import { freeName } from "@/graph/names";
import { Button, Field, IconButton, Input, type JsonSchema, SchemaForm, Select, Switch } from "@/ui";

const TYPES = ["string", "number", "integer", "boolean", "array", "object"];

interface Schema extends JsonSchema {
  properties?: Record<string, JsonSchema>;
}

/** Parameters one by one; what a row does not show (limits, patterns …) stays as it is in the schema. */
export function ParameterRows({ value, onChange }: { value: unknown; onChange: (schema: JsonObject) => void }) {
  const schema = (typeof value === "object" && value !== null ? value : { type: "object" }) as Schema;
  const entries = Object.entries(schema.properties ?? {});
  const required = schema.required ?? [];
  const set = (next: [string, JsonSchema][], needed = required): void => {
    const names = new Set(next.map(([name]) => name));
    const { required: _old, ...rest } = schema;
    const kept = needed.filter((name) => names.has(name));
    onChange({ ...rest, type: "object", properties: Object.fromEntries(next), ...(kept.length > 0 ? { required: kept } : {}) });
  };
  const change = (at: number, name: string, next: JsonSchema): void =>
    set(
      entries.map((entry, index) => (index === at ? [name, next] : entry)),
      required.map((one) => (one === entries[at]?.[0] ? name : one)),
    );
  return (
    <section aria-label="Parameters" className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <h3 className="flex-1 text-xs font-semibold text-muted">Parameters</h3>
        <Button
          size="sm"
          icon={<Plus className="size-3.5" aria-hidden />}
          onClick={() => set([...entries, [freeName("parameter", new Set(entries.map(([name]) => name))), { type: "string" }]])}
        >
          Add parameter
        </Button>
      </div>
      {entries.map(([name, property], at) => (
        <div key={at} className="flex flex-col gap-2 rounded-md border p-2">
          <div className="flex flex-wrap items-end gap-2">
            <Field label="Name" className="w-36">
              {(control) => (
                <Input
                  {...control}
                  className="font-mono text-xs"
                  spellCheck={false}
                  value={name}
                  onChange={(event) => {
                    const to = event.target.value;
                    if (!entries.some(([other], index) => index !== at && other === to)) change(at, to, property);
                  }}
                />
              )}
            </Field>
            <Field label="Type" className="w-28">
              {(control) => (
                <Select
                  {...control}
                  value={typeof property.type === "string" ? property.type : ""}
                  placeholder="any"
                  onValueChange={(type) => {
                    const { default: _old, ...rest } = property;
                    change(at, name, { ...rest, type });
                  }}
                  options={TYPES.map((type) => ({ value: type, label: type }))}
                />
              )}
            </Field>
            <Field label="Title" className="min-w-32 flex-1">
              {(control) => <Input {...control} value={property.title ?? ""} onChange={(event) => change(at, name, { ...property, title: event.target.value })} />}
            </Field>
            <Field label="Required">
              {(control) => (
                <Switch
                  {...control}
                  checked={required.includes(name)}
                  onCheckedChange={(on) => set(entries, on ? [...required, name] : required.filter((one) => one !== name))}
                />
              )}
            </Field>
            <IconButton label={`Remove parameter ${name}`} size="sm" icon={<Trash2 />} onClick={() => set(entries.filter((_one, index) => index !== at))} />
          </div>
          <Field label="What it does">
            {(control) => <Input {...control} value={property.description ?? ""} onChange={(event) => change(at, name, { ...property, description: event.target.value })} />}
          </Field>
          <SchemaForm
            schema={{ type: "object", properties: { default: { ...bare(property), title: "Default" } } }}
            value={property.default === undefined ? {} : { default: property.default }}
            onChange={({ default: next }) => {
              const { default: _old, ...rest } = property;
              change(at, name, next === undefined ? rest : { ...rest, default: next });
            }}
          />
        </div>
      ))}
    </section>
  );
}

/** The schema of a default: the parameter's own, without what would be told twice. */
function bare({ default: _default, title: _title, description: _description, ...rest }: JsonSchema): JsonSchema {
  return rest;
}
