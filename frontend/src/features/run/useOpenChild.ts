import { useCallback } from "react";
import { useNavigate } from "react-router";
import { errorMessage } from "@/api/problem";
import { listChildRuns } from "@/api/resources/runs";
import type { RunRow } from "@/api/types";
import { toast } from "@/ui";

/** How to go into a sub-pipeline of a run: to its child run, of a loop to the latest round. */
export function useOpenChild(runId: string): (node: string) => void {
  const navigate = useNavigate();
  return useCallback(
    (node) => {
      void (async () => {
        try {
          const latest = await latestChild(runId, node);
          if (latest) return await navigate(`/runs/${latest.id}`);
          toast(`The pipeline of \`${node}\` has not started in this run.`);
        } catch (error) {
          toast({ tone: "error", title: "Its run could not be read", description: errorMessage(error) });
        }
      })();
    },
    [navigate, runId],
  );
}

/** The newest try stands first, its rounds in their order; older tries begin again at the first round. */
async function latestChild(runId: string, node: string): Promise<RunRow | null> {
  let latest: RunRow | null = null;
  for (let page = 1; ; page += 1) {
    const { results, next } = await listChildRuns(runId, node, page, 200);
    for (const run of results) {
      if (latest && run.round <= latest.round) return latest;
      latest = run;
    }
    if (!next) return latest;
  }
}
