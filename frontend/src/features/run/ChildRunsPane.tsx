import { useState } from "react";
import { Link } from "react-router";
import { CHILD_PAGE, useChildRuns } from "@/api/hooks";
import type { RunNode } from "@/api/types";
import { NodeCounts } from "@/features/runs/RunTable";
import { Duration, isFinal, Loaded, Pager, StateBadge, TABLE, TABLE_BOX, TD, TH, Ticks } from "@/ui";

/** Child runs have events of their own, which do not come here: they are asked for again. */
const LOOK_AGAIN = 1_500;

export interface ChildRunsPaneProps {
  runId: string;
  node: RunNode;
  /** Whether it is a loop, of which these are the rounds. */
  rounds: boolean;
}

/** The runs of a sub-pipeline: one for each try, or for each round of a loop. */
export function ChildRunsPane({ runId, node, rounds }: ChildRunsPaneProps) {
  const [page, setPage] = useState(1);
  const query = useChildRuns(runId, node.id, page, isFinal(node.state) ? false : LOOK_AGAIN);
  return (
    <div className="flex flex-col gap-3 p-3">
      <Loaded query={query} what={rounds ? "the rounds" : "its runs"}>
        {({ results, count }) =>
          count === 0 ? (
            <p className="text-muted">It has not started.</p>
          ) : (
            <>
              <div className={TABLE_BOX}>
                <table className={TABLE} aria-label={rounds ? `Rounds of ${node.id}` : `Runs of ${node.id}`}>
                  <thead>
                    <tr>
                      <th className={TH}>{rounds ? "Round" : "Run"}</th>
                      <th className={TH}>State</th>
                      <th className={TH}>Nodes</th>
                      <th className={TH}>Took</th>
                    </tr>
                  </thead>
                  <tbody>
                    {results.map((run) => (
                      <tr key={run.id} className="group hover:bg-hover/50" data-round={run.round} data-state={run.state}>
                        <td className={TD}>
                          <Link to={`/runs/${run.id}`} className="font-medium group-hover:underline hover:text-accent">
                            {rounds ? `Round ${run.round}` : run.pipeline.name}{" "}
                            <span className="font-normal text-muted tabular-nums">#{run.number}</span>
                          </Link>
                          {run.reason && (
                            <span className="block max-w-52 truncate text-xs text-muted" title={run.reason}>
                              <Ticks text={run.reason} />
                            </span>
                          )}
                        </td>
                        <td className={TD}>
                          <StateBadge state={run.state} />
                        </td>
                        <td className={TD}>
                          <NodeCounts counts={run.node_counts} />
                        </td>
                        <td className={`${TD} text-muted`}>
                          <Duration start={run.started_at} end={run.ended_at} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              {count > CHILD_PAGE && (
                <Pager page={page} pageSize={CHILD_PAGE} total={count} onPage={setPage} what={rounds ? "rounds" : "runs"} of={node.id} />
              )}
            </>
          )
        }
      </Loaded>
    </div>
  );
}
