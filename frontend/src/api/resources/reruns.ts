import { api, body } from "../client";
import type { Outlook, RerunMode, Run } from "../types";

/** What is to run again. Without a `run` it is the pipeline that runs to some nodes. */
export interface Rerun {
  pipeline: string;
  run: string | null;
  mode: RerunMode;
  nodes: string[];
  version: number | "draft" | null;
  params?: Record<string, Record<string, unknown>>;
}

/** What the run would keep, run and leave out; nothing is started. */
export async function previewRerun(rerun: Rerun, signal?: AbortSignal): Promise<Outlook> {
  return (await ask(rerun, true, signal)) as Outlook;
}

export async function startRerun(rerun: Rerun): Promise<Run> {
  return (await ask(rerun, false)) as Run;
}

function ask({ pipeline, run, mode, nodes, version, params = {} }: Rerun, dry_run: boolean, signal?: AbortSignal) {
  if (run === null) {
    const request = { nodes, version, dry_run, parameters: {} };
    return body<unknown>(
      api.POST("/api/v1/pipelines/{id}/run-to/", { params: { path: { id: pipeline } }, body: request, signal }),
    );
  }
  const request = { mode, nodes, version, dry_run, params, parameters: {} };
  return body<unknown>(api.POST("/api/v1/runs/{id}/rerun/", { params: { path: { id: run } }, body: request, signal }));
}
