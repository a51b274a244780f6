import { Server } from "lucide-react";
import { useSearchParams } from "react-router";
import { useLimits, useMe, useWorkers } from "@/api/hooks";
import { EmptyState, Loaded, Page, Pager } from "@/ui";
import { LimitTable } from "./LimitTable";
import { WorkerTable } from "./WorkerTable";

const PAGE_SIZE = 50;

/** Who runs the steps, what each of them serves and has, and how well it keeps steps apart. */
export function WorkersPage() {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  const query = useWorkers(page);
  return (
    <Page title="Workers" lead="The processes that run the steps. A worker that falls silent leaves this list after 20 seconds.">
      <Loaded query={query} what="the workers">
        {(data) =>
          data.count === 0 ? (
            <EmptyState icon={<Server aria-hidden />} title="No worker is running">
              Runs can be started, and wait. `make run` starts a worker with everything else; on another machine it is
              one more `celery worker` with the same database and Redis.
            </EmptyState>
          ) : (
            <>
              <WorkerTable rows={data.results} />
              <div className="flex justify-end">
                <Pager
                  page={page}
                  pageSize={PAGE_SIZE}
                  total={data.count}
                  what="workers"
                  onPage={(next) => setParams(next > 1 ? { page: String(next) } : {})}
                />
              </div>
            </>
          )
        }
      </Loaded>
      <Limits />
    </Page>
  );
}

/** Shown where there are limits, or to those who may set some. */
function Limits() {
  const query = useLimits();
  const mayChange = useMe().data?.is_staff ?? false;
  if (!mayChange && (query.data?.count ?? 0) === 0) return null;
  return (
    <section aria-labelledby="limits" className="flex flex-col gap-2">
      <h2 id="limits" className="mt-2 font-semibold">Limits</h2>
      <p className="-mt-1 text-muted">
        How many nodes may be at work at the same time, over all runs.
        {mayChange && (
          <>
            {" "}
            They are set in the{" "}
            <a href="/admin/runs/limit/" className="text-accent underline">administration</a>.
          </>
        )}
      </p>
      <Loaded query={query} what="the limits">
        {({ results }) => (results.length > 0 ? <LimitTable rows={results} /> : <p className="text-muted">None is set.</p>)}
      </Loaded>
    </section>
  );
}
