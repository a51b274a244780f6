import { request, segment } from "../request";
import type {
  Definition,
  Draft,
  Page,
  Pipeline,
  PipelineRow,
  PipelineVersion,
  PipelineVersionRow,
  Problem,
  Run,
} from "../types";

export interface PipelineFilters {
  search?: string;
  team?: string;
  page?: number;
  page_size?: number;
}

export function listPipelines(filters: PipelineFilters, signal?: AbortSignal): Promise<Page<PipelineRow>> {
  return request("/pipelines/", { query: { ...filters }, signal });
}

export function getPipeline(id: string, signal?: AbortSignal): Promise<Pipeline> {
  return request(`/pipelines/${segment(id)}/`, { signal });
}

/** Without a team the server takes the only or first team of the user. */
export function createPipeline(definition: Definition, team?: string): Promise<Pipeline> {
  return request("/pipelines/", { method: "POST", body: { definition, ...(team ? { team } : {}) } });
}

export function archivePipeline(id: string): Promise<null> {
  return request(`/pipelines/${segment(id)}/`, { method: "DELETE" });
}

export type SavedDraft = Pick<Draft, "revision" | "problems" | "updated_at" | "changed">;

/**
 * Saves a draft that was made from `baseRevision`.
 *
 * Raises ApiProblem with status 412 when somebody else saved first; `body.current` says who and when.
 */
export function saveDraft(
  id: string,
  definition: Definition,
  baseRevision: number,
  signal?: AbortSignal,
): Promise<SavedDraft> {
  return request(`/pipelines/${segment(id)}/draft/`, {
    method: "PATCH",
    body: { definition },
    headers: { "If-Match": `"${baseRevision}"` },
    signal,
  });
}

export function listVersions(id: string, page = 1, signal?: AbortSignal): Promise<Page<PipelineVersionRow>> {
  return request(`/pipelines/${segment(id)}/versions/`, { query: { page, page_size: 100 }, signal });
}

export function getVersion(id: string, number: number, signal?: AbortSignal): Promise<PipelineVersion> {
  return request(`/pipelines/${segment(id)}/versions/${number}/`, { signal });
}

export function publishVersion(id: string, message: string): Promise<PipelineVersionRow> {
  return request(`/pipelines/${segment(id)}/versions/`, { method: "POST", body: { message } });
}

export function validateDefinition(
  definition: Definition,
  signal?: AbortSignal,
): Promise<{ problems: Problem[] }> {
  return request("/validate/", { method: "POST", body: { definition }, signal });
}

export interface StartRun {
  version?: number | "draft";
  parameters: Record<string, unknown>;
  /** The same key never starts a second run, however often the request is sent. */
  idempotency_key?: string;
}

export function startRun(pipelineId: string, start: StartRun): Promise<Run> {
  return request(`/pipelines/${segment(pipelineId)}/runs/`, { method: "POST", body: start });
}
