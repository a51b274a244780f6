import { apiUrl, request, segment } from "../request";
import type { LogPage, NodeDetail, Page, Run, RunArtifact, RunEvent, RunRow } from "../types";

export interface RunFilters {
  state?: string;
  pipeline?: string;
  created_by?: string;
  created_after?: string;
  created_before?: string;
  team?: string;
  ordering?: string;
  page?: number;
  page_size?: number;
}

export function listRuns(filters: RunFilters, signal?: AbortSignal): Promise<Page<RunRow>> {
  return request("/runs/", { query: { ...filters }, signal });
}

export function getRun(id: string, signal?: AbortSignal): Promise<Run> {
  return request(`/runs/${segment(id)}/`, { signal });
}

export function cancelRun(id: string): Promise<Run> {
  return request(`/runs/${segment(id)}/cancel/`, { method: "POST", body: {} });
}

/** A new run of the same version; `parameters` override the old run's one by one. */
export function cloneRun(id: string, parameters?: Record<string, unknown>): Promise<Run> {
  return request(`/runs/${segment(id)}/clone/`, {
    method: "POST",
    body: parameters ? { parameters } : {},
  });
}

/** The events with a number greater than `after`, in order. */
export async function listEvents(
  id: string,
  after: number,
  limit = 500,
  signal?: AbortSignal,
): Promise<RunEvent[]> {
  const answer = await request<{ results: RunEvent[] }>(`/runs/${segment(id)}/events/`, {
    query: { after, limit },
    signal,
  });
  return answer.results;
}

export function listRunArtifacts(id: string, page = 1, signal?: AbortSignal): Promise<Page<RunArtifact>> {
  return request(`/runs/${segment(id)}/artifacts/`, { query: { page, page_size: 200 }, signal });
}

export function getNode(id: string, node: string, signal?: AbortSignal): Promise<NodeDetail> {
  return request(`/runs/${segment(id)}/nodes/${segment(node)}/`, { signal });
}

export interface LogQuery {
  attempt?: number;
  /** Byte to start at; or `tail`, the last so many bytes. */
  offset?: number;
  tail?: number;
  limit?: number;
}

export function getLog(id: string, node: string, query: LogQuery, signal?: AbortSignal): Promise<LogPage> {
  return request(`/runs/${segment(id)}/nodes/${segment(node)}/log/`, { query: { ...query }, signal });
}

export function logDownloadUrl(id: string, node: string, attempt: number): string {
  return apiUrl(`/runs/${segment(id)}/nodes/${segment(node)}/log/`, { attempt, download: 1 });
}
