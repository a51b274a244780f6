/** What can be set about how long a team keeps things and how much it may have, in words. */

import type { Quotas, Retention } from "@/api/types";

export interface Setting<Name extends string> {
  name: Name;
  label: string;
  help: string;
  /** What the number counts: "days", "runs". */
  unit: string;
  /** What 0 means. */
  none: string;
  /** One step of the unit in what the API counts. */
  factor: number;
}

const DAYS = { unit: "days", none: "For ever", factor: 1 };

export const RETENTION: readonly Setting<keyof Retention>[] = [
  { name: "runs_days", label: "Runs", help: "After their end. Pinned runs, and runs that others refer to, stay.", ...DAYS },
  { name: "runs_newest", label: "At least the newest runs of each pipeline", help: "They stay, however old they are.", unit: "runs", none: "Only the newest one", factor: 1 },
  { name: "logs_days", label: "Logs", help: "After the end of their run, which stays without them.", ...DAYS },
  { name: "artifacts_days", label: "Artifacts that nothing refers to", help: "After the clean-up first found them unused.", ...DAYS },
];

export const QUOTAS: readonly Setting<keyof Quotas>[] = [
  { name: "storage_bytes", label: "Storage", help: "Of artifacts. When it is full, uploads and new runs are refused; runs at work go on.", unit: "GiB", none: "No limit", factor: 1024 ** 3 },
  { name: "open_runs", label: "Runs at the same time", help: "Queued or running.", unit: "runs", none: "No limit", factor: 1 },
  { name: "runs_per_day", label: "Runs a day", help: "Since midnight UTC.", unit: "runs", none: "No limit", factor: 1 },
  { name: "pipelines", label: "Pipelines", help: "Without archived ones.", unit: "pipelines", none: "No limit", factor: 1 },
];

/** `90 days`, `For ever`. */
export function inWords({ unit, none, factor }: Setting<string>, value: number): string {
  if (value === 0) return none;
  const count = Math.round((value / factor) * 100) / 100;
  return `${count.toLocaleString()} ${count === 1 ? unit.replace(/s$/, "") : unit}`;
}
