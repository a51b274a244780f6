import { UserCheck } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useApprovals } from "@/api/hooks";
import type { OpenApproval } from "@/api/types";
import { formatDateTime, Pager, RelativeTime } from "@/ui";

const SHOWN = 5;
const REFRESH = 10_000;

/** What this person is asked to decide, also deep inside of runs; nothing while there is nothing. */
export function WaitingRuns() {
  const [page, setPage] = useState(1);
  const { data } = useApprovals({ mine: true, page, page_size: SHOWN }, REFRESH);
  if (!data || data.count === 0) return null;
  return (
    <section aria-label="Waiting for a decision" data-testid="waiting-runs" className="rounded-lg border border-violet/50 bg-violet-soft/40 p-3">
      <h2 className="mb-1.5 flex items-center gap-2 font-semibold">
        <UserCheck className="size-4 text-violet" aria-hidden />
        {data.count === 1 ? "Your decision is awaited" : `${data.count} decisions of yours are awaited`}
      </h2>
      <ul className="flex flex-col gap-1">
        {data.results.map((approval) => (
          <Asked key={`${approval.run.id} ${approval.node}`} approval={approval} />
        ))}
      </ul>
      {data.count > SHOWN && (
        <div className="mt-1.5 flex justify-end">
          <Pager page={Math.min(page, Math.ceil(data.count / SHOWN))} pageSize={SHOWN} total={data.count} what="decisions" onPage={setPage} />
        </div>
      )}
    </section>
  );
}

function Asked({ approval }: { approval: OpenApproval }) {
  const { run, root, node, title, message, asked_at, deadline } = approval;
  return (
    <li className="flex min-w-0 flex-wrap items-baseline gap-x-2">
      <Link
        to={`/runs/${run.id}?node=${encodeURIComponent(node)}`}
        className="min-w-0 truncate font-medium hover:text-accent hover:underline"
      >
        {message || title || node}
      </Link>
      <span className="text-xs text-muted tabular-nums">
        {root && `${root.pipeline.name} #${root.number} › `}
        {run.pipeline.name} #{run.number}
        {" · asked "}
        <RelativeTime at={asked_at} />
        {deadline && (
          <>
            {", until "}
            <time dateTime={deadline}>{formatDateTime(deadline)}</time>
          </>
        )}
      </span>
    </li>
  );
}
