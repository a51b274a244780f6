import { ChevronRight, CircleX } from "lucide-react";
import { useState } from "react";
import { clsx } from "clsx";
import type { StepError } from "@/api/types";
import { Ticks } from "@/ui";

/** A longer message may have to be scrolled, so that log and results keep their room. */
const LONG = 300;

/** Why it failed: the message and the line first, the traceback a click away. */
export function ErrorPane({ error }: { error: StepError }) {
  const [open, setOpen] = useState(true);
  return (
    <div role="alert" data-testid="node-error" className="mx-3 mb-2 shrink-0 rounded-md border border-danger/40 bg-danger-soft">
      <div className="flex items-start gap-2 px-3 py-2">
        <CircleX className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
        <p tabIndex={error.message.length > LONG ? 0 : undefined} className="max-h-40 min-w-0 flex-1 overflow-y-auto break-words">
          <span className="font-semibold whitespace-pre-wrap">{error.kind === "exception" ? error.message : <Ticks text={error.message} />}</span>
          {error.line !== null && <span className="block text-muted">in line {error.line} of its code</span>}
        </p>
      </div>
      {error.traceback && (
        <>
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            className="flex items-center gap-1 px-3 pb-1.5 text-xs text-muted hover:text-ink"
          >
            <ChevronRight className={clsx("size-3 transition-transform", open && "rotate-90")} aria-hidden />
            Traceback
          </button>
          {open && (
            <pre tabIndex={0} aria-label="Traceback" className="max-h-52 overflow-auto border-t border-danger/30 px-3 py-2 font-mono text-xs leading-relaxed">
              {error.traceback}
            </pre>
          )}
        </>
      )}
    </div>
  );
}
