import { useQueryClient } from "@tanstack/react-query";
import { Download, Package } from "lucide-react";
import { useEffect, useState } from "react";
import { keys, useRunArtifacts } from "@/api/hooks";
import { artifactUrl } from "@/api/resources/artifacts";
import type { Run } from "@/api/types";
import { Badge, EmptyState, formatBytes, isFinal, Loaded, Pager, TABLE, TABLE_BOX, TD, TH } from "@/ui";

const PAGE_SIZE = 200;

interface ArtifactsTabProps {
  run: Run;
  onSelect: (node: string) => void;
}

/** Every file and table the run has made so far. */
export function ArtifactsTab({ run, onSelect }: ArtifactsTabProps) {
  const [page, setPage] = useState(1);
  const query = useRunArtifacts(run.id, page);
  const queryClient = useQueryClient();
  const done = run.node_counts.success ?? 0;
  useEffect(() => {
    void queryClient.invalidateQueries({ queryKey: keys.runArtifacts(run.id).slice(0, 3) });
  }, [done, queryClient, run.id]);
  return (
    <div className="p-4">
      <Loaded query={query} what="the artifacts">
        {(data) =>
          data.count === 0 ? (
            <EmptyState icon={<Package aria-hidden />} title={isFinal(run.state) ? "No artifacts" : "No artifacts yet"}>
              Tables, files, pictures and models that the nodes put out are listed here.
            </EmptyState>
          ) : (
            <div className="flex flex-col gap-2">
              <div className={TABLE_BOX}>
                <table className={TABLE}>
                  <thead>
                    <tr>
                      <th className={TH}>Node and port</th>
                      <th className={TH}>Type</th>
                      <th className={TH}>Name</th>
                      <th className={TH}>Size</th>
                      <th className={TH}>Digest</th>
                      <th className={TH}>
                        <span className="sr-only">Download</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {data.results.map((artifact, index) => (
                      <tr key={`${artifact.node}.${artifact.port}.${index}`} className="group hover:bg-hover/50">
                        <td className={TD}>
                          <button type="button" className="font-medium hover:text-accent hover:underline" onClick={() => onSelect(artifact.node)}>
                            {artifact.node}
                          </button>
                          <span className="text-muted">.{artifact.port}</span>
                        </td>
                        <td className={TD}>
                          <Badge tone="accent">{artifact.type}</Badge>
                        </td>
                        <td className={`${TD} max-w-60 truncate`}>{artifact.name}</td>
                        <td className={`${TD} text-muted tabular-nums`}>{formatBytes(artifact.size)}</td>
                        <td className={`${TD} font-mono text-xs text-faint`} title={artifact.digest}>
                          {artifact.digest.slice(0, 12)}
                        </td>
                        <td className={`${TD} text-right`}>
                          <a
                            href={artifactUrl(artifact.digest)}
                            download={artifact.name || true}
                            aria-label={`Download ${artifact.node}.${artifact.port}`}
                            className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
                          >
                            <Download className="size-4" aria-hidden />
                          </a>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              {data.count > PAGE_SIZE && <Pager page={page} pageSize={PAGE_SIZE} total={data.count} onPage={setPage} what="artifacts" />}
            </div>
          )
        }
      </Loaded>
    </div>
  );
}
