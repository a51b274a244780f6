import { ChevronRight } from "lucide-react";
import { Link } from "react-router";
import type { Run } from "@/api/types";

/** Of a sub-pipeline's run: the way back to the node that it belongs to. */
export function ParentCrumbs({ run }: { run: Run }) {
  const { parent, round } = run;
  if (!parent) return null;
  return (
    <nav aria-label="Where this run belongs" className="flex min-w-0 items-center gap-1 text-xs">
      <Link to={`/runs/${parent.run}`} className="truncate text-accent hover:underline">
        {parent.pipeline.name} #{parent.number}
      </Link>
      <ChevronRight className="size-3 shrink-0 text-faint" aria-hidden />
      <Link to={`/runs/${parent.run}?node=${encodeURIComponent(parent.node)}`} className="truncate text-accent hover:underline">
        {parent.node}
      </Link>
      <ChevronRight className="size-3 shrink-0 text-faint" aria-hidden />
      <span className="shrink-0 text-muted">round {round}</span>
    </nav>
  );
}
