import { clsx } from "clsx";
import type { Keeping } from "@/api/types";
import { formatBytes, formatNumber } from "@/ui";
import { QUOTAS } from "./settings";

const NEAR = 0.8;

/** What the team has of everything that has a quota, as bars where there is one. */
export function UseBars({ keeping }: { keeping: Keeping }) {
  return (
    <ul className="grid gap-x-8 gap-y-3 sm:grid-cols-2">
      {QUOTAS.map(({ name, label }) => {
        const used = keeping.use[name];
        const limit = keeping.holds[name] ?? 0;
        const words = name === "storage_bytes" ? formatBytes : formatNumber;
        const part = limit ? Math.min(used / limit, 1) : 0;
        const said = limit ? `${words(used)} of ${words(limit)}` : `${words(used)}, no limit`;
        return (
          <li key={name} className="flex flex-col gap-1" data-testid={`use-${name}`}>
            <div className="flex justify-between gap-2">
              <span>{label}</span>
              <span className="text-muted tabular-nums">
                {said}
                {name === "storage_bytes" && ` · ${formatNumber(keeping.use.artifacts)} artifacts`}
              </span>
            </div>
            <div
              role="meter"
              aria-label={label}
              aria-valuemin={0}
              aria-valuemax={limit || used || 1}
              aria-valuenow={used}
              aria-valuetext={said}
              className="h-2 overflow-hidden rounded-full bg-neutral-soft"
            >
              <div
                className={clsx("h-full rounded-full", part >= 1 ? "bg-danger" : part >= NEAR ? "bg-warning" : "bg-accent")}
                style={{ width: `${part * 100}%` }}
              />
            </div>
            {part >= 1 && <p className="text-xs text-danger">The quota is used up. An administrator of this Penstock can raise it.</p>}
          </li>
        );
      })}
    </ul>
  );
}
