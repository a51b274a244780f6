import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { clsx } from "clsx";

/** Children drawn at once; more come on request, so that a list of a million opens at once. */
const SLICE = 100;

/** JSON as a tree that folds. */
export function JsonTree({ value, name }: { value: unknown; name: string }) {
  return (
    <div aria-label={name} role="group" className="max-h-96 overflow-auto rounded-md border bg-inset px-2 py-1.5 font-mono text-xs">
      <Branch value={value} depth={0} />
    </div>
  );
}

/** A branch with more children than this starts folded, unless it is the root. */
const AT_ONCE = 30;

function sizeOf(value: unknown): number {
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

function Branch({ label, value, depth }: { label?: string; value: unknown; depth: number }) {
  const [open, setOpen] = useState(() => depth === 0 || (depth < 2 && sizeOf(value) <= AT_ONCE));
  const [shown, setShown] = useState(SLICE);
  if (typeof value !== "object" || value === null)
    return (
      <div className="flex gap-1 pl-4">
        {label !== undefined && <span className="shrink-0 text-muted">{label}:</span>}
        <Leaf value={value} />
      </div>
    );
  const entries = Object.entries(value);
  const brackets = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex items-center gap-1 rounded-sm hover:bg-hover"
      >
        <ChevronRight className={clsx("size-3 transition-transform", open && "rotate-90")} aria-hidden />
        {label !== undefined && <span className="text-muted">{label}:</span>}
        <span className="text-faint">{brackets}</span>
      </button>
      {open && (
        <div className="ml-1.5 border-l pl-2">
          {entries.slice(0, shown).map(([key, one]) => (
            <Branch key={key} label={key} value={one} depth={depth + 1} />
          ))}
          {entries.length > shown && (
            <button type="button" className="pl-4 text-accent underline" onClick={() => setShown(shown + SLICE * 5)}>
              {entries.length - shown} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === "string") return <span className="break-all whitespace-pre-wrap text-success">"{value}"</span>;
  if (typeof value === "number") return <span className="text-info">{value}</span>;
  if (typeof value === "boolean") return <span className="text-violet">{String(value)}</span>;
  return <span className="text-faint">null</span>;
}
