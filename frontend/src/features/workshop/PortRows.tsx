import { Plus, Trash2 } from "lucide-react";

import type { JsonObject, PortType } from "@/api/types";
import { freeName } from "@/graph/names";
import { Button, Field, IconButton, Input, Select, Switch } from "@/ui";

const TYPES: PortType[] = ["string", "number", "integer", "boolean", "json", "list", "table", "file", "image", "model", "text", "any"];

/** The ports of one side, to be filled in by hand. */
export function PortRows({ side, value, onChange }: { side: "input" | "output"; value: unknown; onChange: (ports: JsonObject[]) => void }) {
  const ports = Array.isArray(value) ? (value as JsonObject[]) : [];
  const set = (at: number, part: JsonObject): void =>
    onChange(ports.map((port, index) => (index === at ? { ...port, ...part } : port)));
  const names = new Set(ports.map(({ name }) => String(name)));
  return (
    <section aria-label={side === "input" ? "Inputs" : "Outputs"} className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <h3 className="flex-1 text-xs font-semibold text-muted">{side === "input" ? "Inputs" : "Outputs"}</h3>
        <Button size="sm" icon={<Plus className="size-3.5" aria-hidden />} onClick={() => onChange([...ports, { name: freeName(side, names), type: "any" }])}>
          Add {side}
        </Button>
      </div>
      {ports.map((port, at) => (
        <div key={at} className="flex flex-wrap items-end gap-2 rounded-md border p-2">
          <Field label="Name" className="w-32">
            {(control) => (
              <Input {...control} className="font-mono text-xs" spellCheck={false} value={String(port.name ?? "")} onChange={(event) => set(at, { name: event.target.value })} />
            )}
          </Field>
          <Field label="Type" className="w-24">
            {(control) => (
              <Select {...control} value={String(port.type ?? "any")} onValueChange={(type) => set(at, { type })} options={TYPES.map((type) => ({ value: type, label: type }))} />
            )}
          </Field>
          <Field label="What it is" className="min-w-28 flex-1">
            {(control) => <Input {...control} value={String(port.help ?? "")} onChange={(event) => set(at, { help: event.target.value })} />}
          </Field>
          {side === "input" && (
            <Field label="Required">
              {(control) => <Switch {...control} checked={port.required !== false} onCheckedChange={(required) => set(at, { required })} />}
            </Field>
          )}
          <IconButton label={`Remove ${side} ${String(port.name)}`} size="sm" icon={<Trash2 />} onClick={() => onChange(ports.filter((_one, index) => index !== at))} />
        </div>
      ))}
    </section>
  );
}
