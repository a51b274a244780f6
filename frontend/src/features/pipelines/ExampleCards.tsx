import { ArrowRight, ChevronRight } from "lucide-react";
import { Link } from "react-router";
import type { PipelineRow } from "@/api/types";
import { RelativeTime, StateBadge } from "@/ui";
import { examplesOf } from "./examples";

/** What a newcomer starts from, the simple ones first; what they are made of is folded away. */
export function ExampleCards({ examples }: { examples: PipelineRow[] }) {
  const { whole, parts } = examplesOf(examples);
  return (
    <section aria-labelledby="examples" className="flex flex-col gap-3">
      <div>
        <h2 id="examples" className="text-base font-semibold">
          Start with an example
        </h2>
        <p className="text-muted">
          Each runs on real data as it is, the simple ones first. Open one, press Run, and click a step to see
          what it made.
        </p>
      </div>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(14.5rem,1fr))] gap-3">
        {whole.map((row) => (
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
              <span className="flex-1 text-muted" title={row.description}>
                {/* A clamped text that is stretched would show a line below its end. */}
                <span className="line-clamp-4">{row.description}</span>
              </span>
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
      {parts.length > 0 && <Parts parts={parts} />}
    </section>
  );
}

function Parts({ parts }: { parts: PipelineRow[] }) {
  return (
    <details className="group/parts">
      <summary className="flex w-fit cursor-pointer list-none items-center gap-1 rounded-sm text-muted hover:text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight className="size-4 transition-transform group-open/parts:rotate-90" aria-hidden />
        Parts of other examples
      </summary>
      <ul className="flex flex-col gap-1 pt-2 pl-5">
        {parts.map((row) => (
          <li key={row.id}>
            <Link to={`/pipelines/${row.id}`} className="font-medium hover:text-accent hover:underline">
              {row.name}
            </Link>
            <span className="block max-w-prose text-muted">{row.description}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
