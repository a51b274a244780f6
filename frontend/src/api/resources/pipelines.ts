import { api, body, given } from "../client";
import type {
  HistoryEntry,
  JsonObject,
  Page,
  Pipeline,
  PipelineFilters,
  PipelineRow,
  PipelineSpec,
  PipelineVersion,
  PipelineVersionRow,
  Problem,
  Run,
  SavedDraft,
  StartRun,
  VersionDiff,
} from "../types";

export function listPipelines(filters: PipelineFilters, signal?: AbortSignal): Promise<Page<PipelineRow>> {
  return body(api.GET("/api/v1/pipelines/", { params: { query: given(filters) }, signal }));
}

/** All published pipelines of a team as things that a node can use: pages are read one after another. */
export async function listPipelineSpecs(team: string, signal?: AbortSignal): Promise<PipelineSpec[]> {
  const all: PipelineSpec[] = [];
  for (let page = 1; ; page += 1) {
    const query = { team, page, page_size: 200 };
    const answer = await body(api.GET("/api/v1/pipelines/specs/", { params: { query }, signal }));
    all.push(...answer.results);
    if (!answer.next) return all;
  }
}

export function getPipeline(id: string, signal?: AbortSignal): Promise<Pipeline> {
  return body(api.GET("/api/v1/pipelines/{id}/", { params: { path: { id } }, signal }));
}

/** Without a team the server takes the first one of the user. */
export function createPipeline(definition: JsonObject, team?: string): Promise<Pipeline> {
  return body(api.POST("/api/v1/pipelines/", { body: { definition, team } }));
}

export async function archivePipeline(id: string): Promise<void> {
  await api.DELETE("/api/v1/pipelines/{id}/", { params: { path: { id } } });
}

/**
 * Saves a draft that was made from `baseRevision`.
 *
 * Raises ApiProblem with status 412 when somebody else saved first; `body.current` says who and when.
 */
export function saveDraft(
  id: string,
  definition: JsonObject,
  baseRevision: number,
  signal?: AbortSignal,
): Promise<SavedDraft> {
  return body(
    api.PATCH("/api/v1/pipelines/{id}/draft/", {
      params: { path: { id }, header: { "If-Match": `"${baseRevision}"` } },
      body: { definition },
      signal,
    }),
  );
}

export function listVersions(id: string, page = 1, signal?: AbortSignal): Promise<Page<PipelineVersionRow>> {
  return body(
    api.GET("/api/v1/pipelines/{id}/versions/", {
      params: { path: { id }, query: { page, page_size: 100 } },
      signal,
    }),
  );
}

export function getVersion(id: string, number: number, signal?: AbortSignal): Promise<PipelineVersion> {
  return body(
    api.GET("/api/v1/pipelines/{id}/versions/{number}/", { params: { path: { id, number: String(number) } }, signal }),
  );
}

/** `from` 0 is nothing at all; `to` null is the draft. */
export function getDiff(id: string, from: number, to: number | null, signal?: AbortSignal): Promise<VersionDiff> {
  const path = { id, number: String(to ?? from) };
  const query = to === null ? { against: "draft" } : from === 0 ? {} : { against: String(from) };
  return body(api.GET("/api/v1/pipelines/{id}/versions/{number}/diff/", { params: { path, query }, signal }));
}

export function listPipelineHistory(id: string, page: number, signal?: AbortSignal): Promise<Page<HistoryEntry>> {
  return body(api.GET("/api/v1/pipelines/{id}/history/", { params: { path: { id }, query: { page, page_size: 100 } }, signal }));
}

export function publishVersion(id: string, message: string): Promise<PipelineVersionRow> {
  return body(api.POST("/api/v1/pipelines/{id}/versions/", { params: { path: { id } }, body: { message } }));
}

export function validateDefinition(definition: JsonObject, signal?: AbortSignal): Promise<{ problems: Problem[] }> {
  return body(api.POST("/api/v1/validate/", { body: { definition }, signal }));
}

/** The same `idempotency_key` never starts a second run, however often the request is sent. */
/** What would wait in a run, as no living worker can run it. */
export async function checkRun(pipelineId: string, version: StartRun["version"]): Promise<Problem[]> {
  const answer = await body(
    api.POST("/api/v1/pipelines/{id}/run-check/", { params: { path: { id: pipelineId } }, body: { version } }),
  );
  return answer.problems;
}

export async function startRun(pipelineId: string, start: StartRun): Promise<Run> {
  return (await body(
    api.POST("/api/v1/pipelines/{id}/runs/", { params: { path: { id: pipelineId } }, body: start }),
  )) as Run;
}
