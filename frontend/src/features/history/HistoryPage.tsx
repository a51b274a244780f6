import { Link, useParams } from "react-router";
import { usePipeline } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import type { HistoryEntry } from "@/api/types";
import { buttonClass, EmptyState, Loaded, Page } from "@/ui";
import { versionOf } from "./groups";
import { HistoryList } from "./HistoryList";

/** Who changed a pipeline, when and how. */
export function HistoryPage() {
  const { id = "" } = useParams();
  const pipeline = usePipeline(id);
  if (pipeline.error instanceof ApiProblem && pipeline.error.status === 404)
    return (
      <EmptyState heading="h1" title="There is no such pipeline">
        It was archived, or it belongs to a team that you are not a member of.
      </EmptyState>
    );
  return (
    <Loaded query={pipeline} what="the pipeline">
      {({ name, latest_version: newest }) => (
        <Page
          title={`History of ${name}`}
          lead="Who changed it, when and how. Savings in a row by one person stand together."
          actions={
            <>
              {newest > 0 && (
                <Link to={`/pipelines/${id}/diff?from=${newest}&to=draft`} className={buttonClass()}>
                  Compare version {newest} with the draft
                </Link>
              )}
              <Link to={`/pipelines/${id}`} className={buttonClass()}>
                Open the editor
              </Link>
            </>
          }
        >
          <HistoryList kind="pipeline" id={id} pageSize={100} links={(entry) => <Links pipeline={id} entry={entry} />} />
        </Page>
      )}
    </Loaded>
  );
}

function Links({ pipeline, entry }: { pipeline: string; entry: HistoryEntry }) {
  const version = entry.action === "pipeline.publish" ? versionOf(entry) : null;
  if (version === null) return null;
  return (
    <div className="flex flex-wrap gap-2">
      <Link to={`/pipelines/${pipeline}/diff?from=${version - 1}&to=${version}`} className={buttonClass("secondary", "sm")}>
        What changed
      </Link>
      <Link to={`/runs?pipeline=${pipeline}&version=${version}`} className={buttonClass("secondary", "sm")}>
        Runs of it
      </Link>
      <Link to={`/pipelines/${pipeline}?version=${version}`} className={buttonClass("secondary", "sm")}>
        Look at it
      </Link>
    </div>
  );
}
