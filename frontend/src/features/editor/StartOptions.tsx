import { ChevronRight } from "lucide-react";
import type { StartRun } from "@/api/types";
import { useDocument } from "@/document";
import { type JsonSchema, SchemaForm } from "@/ui";

export type StartOptions = Partial<Pick<StartRun, "priority" | "max_parallel" | "cache">>;

export const OPTIONS_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    priority: {
      type: "integer",
      title: "Priority",
      description: "Among what is queued, higher goes first. Added to that of each node.",
      minimum: -100,
      maximum: 100,
      default: 0,
    },
    max_parallel: {
      type: "integer",
      title: "Nodes at the same time",
      description: "At most so many nodes of this run work at once.",
      minimum: 1,
      maximum: 10_000,
    },
    cache: {
      type: "boolean",
      title: "Use results of the cache",
      description: "When off, every node runs anew; what it makes goes into the cache all the same.",
      default: true,
    },
  },
};

export interface StartOptionsFieldsProps {
  open: boolean;
  value: StartOptions;
  onChange: (next: StartOptions) => void;
}

/** How this one run is to run; folded, since most runs need none of it. */
export function StartOptionsFields({ open, value, onChange }: StartOptionsFieldsProps) {
  const limit = useDocument((state) => state.definition.max_parallel);
  const { properties } = OPTIONS_SCHEMA;
  const atOnce = { ...properties?.max_parallel, ...(limit ? { default: limit } : {}) };
  const schema = { ...OPTIONS_SCHEMA, properties: { ...properties, max_parallel: atOnce } };
  return (
    <details open={open} className="group rounded-md border" data-testid="start-options">
      <summary className="flex cursor-pointer items-center gap-1.5 rounded-md px-3 py-2 text-xs font-medium select-none hover:bg-hover">
        <ChevronRight className="size-3.5 text-muted transition-transform group-open:rotate-90" aria-hidden />
        Options of this run
        <span className="font-normal text-muted">priority, parallel nodes, cache</span>
      </summary>
      <div className="border-t p-3">
        <SchemaForm schema={schema} value={value} onChange={(next) => onChange(next as StartOptions)} />
      </div>
    </details>
  );
}
