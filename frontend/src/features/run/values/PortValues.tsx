import type { JsonObject } from "@/api/types";
import { ValueView } from "./ValueView";

interface PortValuesProps {
  values: JsonObject;
  /** Said when there is none. */
  empty: string;
}

/** Values by port, one under the other. */
export function PortValues({ values, empty }: PortValuesProps) {
  const entries = Object.entries(values);
  if (entries.length === 0) return <p className="text-muted">{empty}</p>;
  return (
    <div className="flex flex-col gap-4">
      {entries.map(([port, value]) => (
        <section key={port} aria-label={port} className="flex min-w-0 flex-col gap-1.5">
          <h3 className="font-mono text-xs font-semibold">{port}</h3>
          <ValueView value={value} name={port} />
        </section>
      ))}
    </div>
  );
}
