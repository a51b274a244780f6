import type { Worker } from "@/api/types";
import { Badge, type BadgeTone, formatBytes, RelativeTime, TABLE, TABLE_BOX, TD, TH } from "@/ui";

const ISOLATION: Record<Worker["isolation"], { label: string; tone: BadgeTone; words: string }> = {
  strong: {
    label: "Strong",
    tone: "success",
    words: "Each step has a process table and a view of the files of its own.",
  },
  basic: {
    label: "Basic",
    tone: "info",
    words: "Each step runs as a user of its own; it sees that others run, not what they do.",
  },
  none: {
    label: "None",
    tone: "warning",
    words: "Steps run as the worker’s own user: limits hold, but a step can read what the worker can read.",
  },
  "": { label: "Starting", tone: "neutral", words: "Being found out." },
};

export function WorkerTable({ rows }: { rows: Worker[] }) {
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>Worker</th>
            <th className={TH}>Queues</th>
            <th className={TH}>Slots</th>
            <th className={TH}>Has</th>
            <th className={TH}>Isolation</th>
            <th className={TH}>Last seen</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((worker) => (
            <tr key={worker.name} className="group">
              <td className={`${TD} max-w-0 w-[32%]`}>
                <span className="block truncate font-medium">{worker.host}</span>
                <span className="block truncate font-mono text-xs text-muted" title={worker.name}>
                  {worker.name.slice(worker.host.length + 1)}
                  {worker.version && `, version ${worker.version}`}
                </span>
              </td>
              <td className={TD}>
                <Names names={worker.queues} />
                <span className="block text-xs text-muted">{worker.executors.join(", ")}</span>
                <Lacks lacks={worker.lacks} />
              </td>
              <td className={TD}>
                <Slots worker={worker} />
              </td>
              <td className={`${TD} whitespace-nowrap text-muted`}>{belongings(worker)}</td>
              <td className={TD}>
                <Isolation level={worker.isolation} />
              </td>
              <td className={`${TD} text-muted`}>
                <RelativeTime at={worker.seen_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What it cannot run, and a click away what is missing for that. */
function Lacks({ lacks }: { lacks: Record<string, string> }) {
  const found = Object.entries(lacks);
  if (found.length === 0) return null;
  return (
    <details className="max-w-64 text-xs text-muted">
      <summary className="cursor-pointer">without {found.map(([name]) => name).join(", ")}</summary>
      <dl className="pt-1">
        {found.map(([name, missing]) => (
          <div key={name} className="pb-1">
            <dt className="inline font-medium">{name}: </dt>
            <dd className="inline break-words">{missing}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Names({ names }: { names: string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {names.map((name) => (
        <Badge key={name} className="font-mono">
          {name}
        </Badge>
      ))}
    </span>
  );
}

/** One mark for each slot, filled while it is in use; beyond a row's worth the numbers are enough. */
function Slots({ worker: { slots, busy } }: { worker: Worker }) {
  const words = `${Math.max(0, slots - busy)} of ${slots} free`;
  return (
    <span className="flex items-center gap-2 whitespace-nowrap">
      {slots <= 16 && (
        <span aria-hidden className="flex gap-0.5">
          {Array.from({ length: slots }, (_, slot) => (
            <span key={slot} className={`h-3 w-1.5 rounded-sm ${slot < busy ? "bg-info" : "bg-line-strong"}`} />
          ))}
        </span>
      )}
      <span className="text-muted tabular-nums">{words}</span>
    </span>
  );
}

/** `4 cores, 16 GB, 1 GPU` */
function belongings({ cpu, memory, gpu }: Worker): string {
  const parts = [`${Number(cpu.toFixed(1))} ${cpu === 1 ? "core" : "cores"}`, formatBytes(memory)];
  if (gpu > 0) parts.push(`${gpu} ${gpu === 1 ? "GPU" : "GPUs"}`);
  return parts.join(", ");
}

function Isolation({ level }: { level: Worker["isolation"] }) {
  const { label, tone, words } = ISOLATION[level];
  return (
    <>
      <Badge tone={tone}>{label}</Badge>
      <span className="mt-0.5 block max-w-72 text-xs text-muted">{words}</span>
    </>
  );
}
