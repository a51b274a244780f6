import { Link, useSearchParams } from "react-router";
import { useComponentUses } from "@/api/hooks";
import type { ComponentDetail } from "@/api/types";
import { EmptyState, Loaded, Pager, plural, TABLE, TABLE_BOX, TD, TH } from "@/ui";

/** Who uses it: the pipelines of one's own teams by name, all others counted. */
export function UsesTab({ component }: { component: ComponentDetail }) {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  const { pipelines, teams } = component.consumers;
  if (pipelines === 0)
    return <EmptyState title="No published pipeline uses it">Drafts count once they are published.</EmptyState>;
  return (
    <>
      <p className="text-muted">
        {plural(pipelines, "pipeline")} of {plural(teams, "team")} {pipelines === 1 ? "uses" : "use"} it in the newest version. Those of your teams are
        listed.
      </p>
      <Loaded query={useComponentUses(component.namespace, component.name, page)} what="the pipelines that use it">
        {({ results, count }) =>
          count === 0 ? (
            <p className="text-muted">None of them belongs to a team of yours.</p>
          ) : (
            <>
              <div className={TABLE_BOX}>
                <table className={TABLE}>
                  <thead>
                    <tr>
                      <th className={TH}>Pipeline</th>
                      <th className={TH}>Team</th>
                      <th className={TH}>Uses version</th>
                      <th className={TH}>In</th>
                    </tr>
                  </thead>
                  <tbody>
                    {results.map((use) => (
                      <tr key={`${use.pipeline}@${use.number}`} className="group">
                        <td className={TD}>
                          <Link to={`/pipelines/${use.pipeline}`} className="font-medium hover:text-accent hover:underline">
                            {use.pipeline_name}
                          </Link>
                        </td>
                        <td className={`${TD} text-muted`}>{use.team_name}</td>
                        <td className={TD}>
                          {use.number}
                          {use.number < component.latest && <span className="text-muted"> (newest is {component.latest})</span>}
                        </td>
                        <td className={`${TD} text-muted`}>{plural(use.nodes, "node")}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              {count > 25 && (
                <Pager
                  page={page}
                  pageSize={25}
                  total={count}
                  what="pipelines"
                  onPage={(next) =>
                    setParams((old) => {
                      const all = new URLSearchParams(old);
                      all.set("page", String(next));
                      return all;
                    })
                  }
                />
              )}
            </>
          )
        }
      </Loaded>
    </>
  );
}
