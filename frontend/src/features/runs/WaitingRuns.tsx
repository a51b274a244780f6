import { UserCheck } from "lucide-react";
import { Link } from "react-router";
import { useRuns } from "@/api/hooks";
import { RelativeTime } from "@/ui";

const SHOWN = 5;
const REFRESH = 10_000;

/** The runs in which a person is asked to decide; nothing while there are none. */
export function WaitingRuns() {
  const { data } = useRuns({ waits_for_approval: true, page_size: SHOWN }, REFRESH);
  if (!data || data.count === 0) return null;
  const more = data.count - data.results.length;
  return (
    <section aria-label="Waiting for a decision" data-testid="waiting-runs" className="rounded-lg border border-violet/50 bg-violet-soft/40 p-3">
      <h2 className="mb-1.5 flex items-center gap-2 font-semibold">
        <UserCheck className="size-4 text-violet" aria-hidden />
        {data.count === 1 ? "A run waits for a decision" : `${data.count} runs wait for a decision`}
      </h2>
      <ul className="flex flex-col gap-1">
        {data.results.map(({ id, number, pipeline, created_at }) => (
          <li key={id} className="flex items-baseline gap-2">
            <Link to={`/runs/${id}`} className="min-w-0 truncate font-medium hover:text-accent hover:underline">
              {pipeline.name} <span className="font-normal text-muted tabular-nums">#{number}</span>
            </Link>
            <span className="text-xs text-muted">
              started <RelativeTime at={created_at} />
            </span>
          </li>
        ))}
      </ul>
      {more > 0 && (
        <Link to="/runs?waits_for_approval=true" className="mt-1.5 inline-block text-xs text-accent underline">
          and {more} more
        </Link>
      )}
    </section>
  );
}
