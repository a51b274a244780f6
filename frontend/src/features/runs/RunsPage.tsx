import { History } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import { useRuns } from "@/api/hooks";
import { useTeamFilter } from "@/features/team/current";
import { EmptyState, Loaded, Page, Pager } from "@/ui";
import { readFilters, RunFilters, toQuery, writeFilters } from "./RunFilters";
import { RunTable } from "./RunTable";
import { WaitingRuns } from "./WaitingRuns";

const PAGE_SIZE = 50;
const REFRESH = 4_000;

/** Every run one may see; the filters stand in the address, so a view can be sent to a colleague. */
export function RunsPage() {
  const [params, setParams] = useSearchParams();
  const filters = readFilters(params);
  const page = Number(params.get("page")) || 1;
  const team = useTeamFilter();
  const query = useRuns({ ...toQuery(filters), team, page, page_size: PAGE_SIZE }, REFRESH);
  const filtered = Object.values(filters).some(Boolean);
  return (
    <Page title="Runs" lead="What ran, how it went, and who or what started it. The list follows by itself.">
      {!filtered && <WaitingRuns />}
      <RunFilters
        filters={filters}
        people={query.data?.results.flatMap((run) => run.created_by?.username ?? []) ?? []}
        onChange={(next) => setParams(writeFilters(next), { replace: true })}
      />
      <Loaded query={query} what="the runs">
        {(data) =>
          data.count === 0 ? (
            <EmptyState icon={<History aria-hidden />} title={filtered ? "No run matches" : "Nothing has run yet"}>
              {filtered ? (
                <button type="button" className="text-accent underline" onClick={() => setParams({})}>
                  Clear the filters
                </button>
              ) : (
                <>
                  Open a <Link to="/" className="text-accent underline">pipeline</Link> and press Run: its steps, logs and results are
                  kept here.
                </>
              )}
            </EmptyState>
          ) : (
            <>
              <RunTable rows={data.results} />
              <div className="flex justify-end">
                <Pager
                  page={page}
                  pageSize={PAGE_SIZE}
                  total={data.count}
                  what="runs"
                  onPage={(next) => {
                    const search = writeFilters(filters);
                    if (next > 1) search.set("page", String(next));
                    setParams(search);
                  }}
                />
              </div>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
