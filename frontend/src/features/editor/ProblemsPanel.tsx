import { ChevronDown, ChevronUp, CircleAlert, CircleCheck } from "lucide-react";
import { useId } from "react";

import { useDocument } from "@/document";
import { parseEnd } from "@/graph/ends";
import type { Problem } from "@/graph/types";
import { Button, Ticks } from "@/ui";

import { useEditor } from "./context";
import { fixFor } from "./fixes";

/** What keeps the draft from running, always on: each row leads to its place, some mend themselves. */
export function ProblemsPanel() {
  const problems = useDocument((state) => state.problems);
  const empty = useDocument((state) => state.definition.nodes.length === 0);
  const stale = useDocument((state) => state.definition !== state.stored);
  const saving = useDocument(({ save }) => save.kind === "unsaved" || save.kind === "saving");
  const { problemsOpen: open, openProblems: setOpen } = useEditor();
  const id = useId();
  const shown = empty ? [] : problems;
  const Icon = shown.length > 0 ? CircleAlert : CircleCheck;
  const Arrow = open ? ChevronDown : ChevronUp;
  return (
    <section aria-label="Problems" className="shrink-0 border-t bg-surface" data-testid="problems">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        disabled={shown.length === 0}
        onClick={() => setOpen(!open)}
        className="flex h-8 w-full items-center gap-2 px-3 text-xs hover:bg-hover disabled:hover:bg-transparent"
      >
        <Icon className={`size-3.5 ${shown.length > 0 ? "text-danger" : "text-success"}`} aria-hidden />
        <span role="status" className={shown.length > 0 ? "font-medium" : "text-muted"}>
          {shown.length === 0 ? "No problems" : shown.length === 1 ? "1 problem" : `${shown.length} problems`}
        </span>
        {stale && <span className="text-faint">{saving ? "checking…" : "when it was saved last"}</span>}
        <span className="flex-1" />
        {shown.length > 0 && <Arrow className="size-3.5 text-muted" aria-hidden />}
      </button>
      {open && shown.length > 0 && (
        <ul id={id} className="max-h-48 overflow-y-auto border-t py-1">
          {shown.map((problem, at) => (
            <Row key={`${problem.code} ${problem.node} ${problem.edge} ${problem.field} ${at}`} problem={problem} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row({ problem }: { problem: Problem }) {
  const { goTo, store, components } = useEditor();
  const definition = useDocument((state) => state.definition);
  const editable = useDocument((state) => state.editable);
  const node = problem.node ?? (problem.edge ? parseEnd(problem.edge.split(" -> ")[1] ?? "").node : null);
  const fix = editable ? fixFor(problem, definition, components.latest) : null;

  const go = (): void => {
    if (node) goTo(node, problem);
    else store.getState().select({});
    if (problem.edge) store.getState().select({ edges: new Set([problem.edge]) });
  };

  return (
    <li className="flex items-center gap-2 px-3 hover:bg-hover/60" data-code={problem.code}>
      <button type="button" onClick={go} className="flex min-w-0 flex-1 items-start gap-2 py-1 text-left">
        <CircleAlert className="mt-0.5 size-3.5 shrink-0 text-danger" aria-hidden />
        <span className="min-w-0 break-words">
          <Ticks text={problem.message} />
        </span>
      </button>
      {fix && (
        <Button size="sm" onClick={() => store.getState().perform(fix.act)}>
          {fix.label}
        </Button>
      )}
    </li>
  );
}
