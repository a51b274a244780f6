import { clsx } from "clsx";
import type { FieldChange } from "@/api/types";
import { lineDiff } from "./lines";

/** Values that differ, each with its path; texts of several lines are told line by line. */
export function FieldChanges({ fields }: { fields: FieldChange[] }) {
  return (
    <dl className="flex flex-col gap-2">
      {fields.map((field) => (
        <div key={field.path.join("\0")} className="min-w-0">
          <dt className="font-mono text-2xs text-muted">{field.path.join(" › ")}</dt>
          <dd>
            <Values field={field} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Values({ field: { before, after, change } }: { field: FieldChange }) {
  if (typeof before === "string" && typeof after === "string" && (before.includes("\n") || after.includes("\n")))
    return (
      <pre tabIndex={0} className="max-h-80 overflow-auto rounded-md border bg-inset py-1 font-mono text-xs">
        {lineDiff(before, after).map(({ kind, text }, index) => (
          <div key={index} className={clsx("px-2", kind === "added" && "bg-success-soft", kind === "removed" && "bg-danger-soft")}>
            <span aria-hidden className="inline-block w-4 text-faint select-none">
              {{ added: "+", removed: "−", same: " " }[kind]}
            </span>
            {kind !== "same" && <span className="sr-only">{kind}: </span>}
            {text}
          </div>
        ))}
      </pre>
    );
  return (
    <div className="flex flex-col gap-0.5 font-mono text-xs">
      {change !== "added" && <Value tone="removed" value={before} />}
      {change !== "removed" && <Value tone="added" value={after} />}
    </div>
  );
}

function Value({ tone, value }: { tone: "removed" | "added"; value: unknown }) {
  const text = typeof value === "string" ? value || '""' : JSON.stringify(value, null, 1);
  return (
    <pre
      tabIndex={text.length > 400 ? 0 : undefined}
      className={clsx("max-h-40 overflow-auto rounded-sm px-2 py-0.5 break-words whitespace-pre-wrap", tone === "added" ? "bg-success-soft" : "bg-danger-soft")}
    >
      <span aria-hidden className="inline-block w-4 text-faint select-none">
        {tone === "added" ? "+" : "−"}
      </span>
      <span className="sr-only">{tone}: </span>
      {text}
    </pre>
  );
}
