import { ChevronRight } from "lucide-react";
import { useMemo } from "react";

import type { StartRun } from "@/api/types";
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

/** What stands where a field is left alone. */
export type UsualOptions = { [name in keyof StartOptions]?: StartOptions[name] | null };

export interface StartOptionsFieldsProps {
  open: boolean;
  usual: UsualOptions;
  value: StartOptions;
  onChange: (next: StartOptions) => void;
}

/** How this one run is to run; folded, since most runs need none of it. */
export function StartOptionsFields({ open, usual, value, onChange }: StartOptionsFieldsProps) {
  const schema = useMemo(() => withUsual(usual), [usual]);
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

function withUsual(usual: UsualOptions): JsonSchema {
  const fields = Object.entries(OPTIONS_SCHEMA.properties ?? {}).map(([name, field]) => {
    const value = usual[name as keyof StartOptions];
    return [name, value == null ? field : { ...field, default: value }];
  });
  return { ...OPTIONS_SCHEMA, properties: Object.fromEntries(fields) };
}
