import { ArrowRight } from "lucide-react";
import { Link } from "react-router";
import type { PipelineRow } from "@/api/types";
import { RelativeTime, StateBadge } from "@/ui";

/** Pipelines that came with Penstock: nobody made them. */
export function isExample(row: PipelineRow): boolean {
  return row.created_by === null;
}

export function ExampleCards({ examples }: { examples: PipelineRow[] }) {
  return (
    <section aria-labelledby="examples" className="flex flex-col gap-3">
      <div>
        <h2 id="examples" className="text-base font-semibold">
          Start with an example
        </h2>
        <p className="text-muted">
          Each runs on real data as it is. Open one, press Run, and click a step to see what it made.
        </p>
      </div>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(14.5rem,1fr))] gap-3">
        {examples.map((row) => (
          <li key={row.id}>
            <Link
              to={`/pipelines/${row.id}`}
              className="group flex h-full flex-col gap-1.5 rounded-lg border bg-surface p-4 shadow-card transition-colors hover:border-accent"
            >
              <span className="flex items-center gap-1.5 text-base font-semibold">
                {row.name}
                <ArrowRight
                  className="size-4 text-accent opacity-0 transition-opacity group-hover:opacity-100"
                  aria-hidden
                />
              </span>
              <span className="line-clamp-6 flex-1 text-muted">{row.description}</span>
              <span className="flex items-center gap-2 pt-1 text-xs text-faint">
                {row.last_run ? (
                  <>
                    <StateBadge state={row.last_run.state} /> <RelativeTime at={row.last_run.created_at} />
                  </>
                ) : (
                  "Not run yet"
                )}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
