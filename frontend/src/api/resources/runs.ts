import { api, apiUrl, body, given } from "../client";
import type { ApprovalFilters, CloneRun, Decision, HistoryEntry, Item, ItemFilters, LogPage, NodeDetail, OpenApproval, Page, Run, RunArtifact, RunEvent, RunFilters, RunRow } from "../types";

export function listRuns(filters: RunFilters, signal?: AbortSignal): Promise<Page<RunRow>> {
  return body(api.GET("/api/v1/runs/", { params: { query: given(filters) }, signal }));
}

export async function getRun(id: string, signal?: AbortSignal): Promise<Run> {
  return (await body(api.GET("/api/v1/runs/{id}/", { params: { path: { id } }, signal }))) as Run;
}

export async function cancelRun(id: string): Promise<Run> {
  return (await body(api.POST("/api/v1/runs/{id}/cancel/", { params: { path: { id } } }))) as Run;
}

export function listRunHistory(id: string, page: number, signal?: AbortSignal): Promise<Page<HistoryEntry>> {
  return body(api.GET("/api/v1/runs/{id}/history/", { params: { path: { id }, query: { page } }, signal }));
}

/** A new run of the same version; what is given overrides what the old run had, parameters one by one. */
export async function cloneRun(id: string, changes: CloneRun = {}): Promise<Run> {
  return (await body(api.POST("/api/v1/runs/{id}/clone/", { params: { path: { id } }, body: changes }))) as Run;
}

/** The events with a number greater than `after`, in order. */
export async function listEvents(id: string, after: number, limit = 500, signal?: AbortSignal): Promise<RunEvent[]> {
  const answer = await body(
    api.GET("/api/v1/runs/{id}/events/", { params: { path: { id }, query: { after, limit } }, signal }),
  );
  return answer.results;
}

export function listRunArtifacts(id: string, page = 1, signal?: AbortSignal): Promise<Page<RunArtifact>> {
  return body(
    api.GET("/api/v1/runs/{id}/artifacts/", { params: { path: { id }, query: { page, page_size: 200 } }, signal }),
  );
}

export function getNode(id: string, node: string, signal?: AbortSignal): Promise<NodeDetail> {
  return body(api.GET("/api/v1/runs/{id}/nodes/{node}/", { params: { path: { id, node } }, signal }));
}

export function listItems(id: string, node: string, filters: ItemFilters, signal?: AbortSignal): Promise<Page<Item>> {
  return body(
    api.GET("/api/v1/runs/{id}/nodes/{node}/items/", {
      params: { path: { id, node }, query: given(filters) },
      signal,
    }),
  ) as Promise<Page<Item>>;
}

export function listChildRuns(
  id: string,
  node: string,
  page: number,
  pageSize: number,
  signal?: AbortSignal,
): Promise<Page<RunRow>> {
  return body(
    api.GET("/api/v1/runs/{id}/nodes/{node}/runs/", {
      params: { path: { id, node }, query: { page, page_size: pageSize } },
      signal,
    }),
  );
}

/** What waits for a decision, in runs and in their child runs. */
export function listApprovals(filters: ApprovalFilters, signal?: AbortSignal): Promise<Page<OpenApproval>> {
  return body(api.GET("/api/v1/approvals/", { params: { query: given(filters) }, signal }));
}

/** Approves or rejects what a node waits for. */
export function decide(id: string, node: string, decision: Decision): Promise<NodeDetail> {
  return body(
    api.POST("/api/v1/runs/{id}/nodes/{node}/decision/", { params: { path: { id, node } }, body: decision }),
  );
}

export interface LogQuery {
  attempt?: number;
  /** Byte to start at; or `tail`, the last so many bytes. */
  offset?: number;
  tail?: number;
  limit?: number;
}

export function getLog(id: string, node: string, query: LogQuery, signal?: AbortSignal): Promise<LogPage> {
  return body(
    api.GET("/api/v1/runs/{id}/nodes/{node}/log/", { params: { path: { id, node }, query }, signal }),
  );
}

export function logDownloadUrl(id: string, node: string, attempt: number): string {
  return apiUrl(`/runs/${id}/nodes/${encodeURIComponent(node)}/log/`, { attempt, download: 1 });
}
