import { Plus, Workflow } from "lucide-react";
import { useSearchParams } from "react-router";
import { usePipelines } from "@/api/hooks";
import type { Page as PageOf, PipelineRow } from "@/api/types";
import { useTeamFilter } from "@/features/team/current";
import { Button, EmptyState, Loaded, Page, Pager, Search } from "@/ui";
import { RunBundle } from "./BundleDialog";
import { ExampleCards } from "./ExampleCards";
import { PipelineTable } from "./PipelineTable";
import { useNewPipeline } from "./useNewPipeline";

const PAGE_SIZE = 50;
/** Last runs go on while one looks; the list is cheap to read again. */
const REFRESH = 10_000;

/** Home: what there is, how it last went, and the way to a new one. */
export function PipelinesPage() {
  const [params, setParams] = useSearchParams();
  const search = params.get("search") ?? "";
  const page = Number(params.get("page")) || 1;
  const team = useTeamFilter();
  const query = usePipelines({ search, team, page, page_size: PAGE_SIZE }, REFRESH);
  const newPipeline = useNewPipeline(team);

  function show(changes: Record<string, string>): void {
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(changes))
          if (value) next.set(name, value);
          else next.delete(name);
        return next;
      },
      { replace: true },
    );
  }

  const create = (
    <Button
      tone="primary"
      icon={<Plus className="size-4" aria-hidden />}
      busy={newPipeline.isPending}
      onClick={() => newPipeline.mutate()}
    >
      New pipeline
    </Button>
  );

  const actions = (
    <>
      <RunBundle team={team} />
      {create}
    </>
  );

  return (
    <Page title="Pipelines" actions={actions}>
      <Search
        label="Search pipelines"
        value={search}
        onChange={(text) => show({ search: text, page: "" })}
        className="max-w-sm"
      />
      <Loaded query={query} what="the pipelines">
        {(data) => (
          <List
            data={data}
            searching={search !== ""}
            create={create}
            page={page}
            onPage={(next) => show({ page: next > 1 ? String(next) : "" })}
          />
        )}
      </Loaded>
    </Page>
  );
}

interface ListProps {
  data: PageOf<PipelineRow>;
  searching: boolean;
  create: React.ReactNode;
  page: number;
  onPage: (page: number) => void;
}

function List({ data, searching, create, page, onPage }: ListProps) {
  if (data.count === 0)
    return searching ? (
      <EmptyState icon={<Workflow aria-hidden />} title="No pipeline matches">
        The search looks at names and descriptions. Try fewer or other words.
      </EmptyState>
    ) : (
      <EmptyState icon={<Workflow aria-hidden />} title="Draw your first pipeline" action={create}>
        A pipeline is a graph of steps: drag components onto the canvas, connect them, press Run, and
        watch every step as it happens. It saves itself while you draw.
      </EmptyState>
    );
  /** A newcomer has nothing but the examples: they come large, and say what to do. */
  const newcomer = data.results.every((row) => row.example !== null) && !searching && page === 1;
  return (
    <>
      {newcomer && <ExampleCards examples={data.results} />}
      {!newcomer && <PipelineTable rows={data.results} />}
      {data.count > PAGE_SIZE && (
        <div className="flex justify-end">
          <Pager page={page} pageSize={PAGE_SIZE} total={data.count} onPage={onPage} what="pipelines" />
        </div>
      )}
    </>
  );
}
