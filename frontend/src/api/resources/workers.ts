import { api, body } from "../client";
import type { Limit, Page, Worker } from "../types";

export function listWorkers(page: number, signal?: AbortSignal): Promise<Page<Worker>> {
  return body(api.GET("/api/v1/workers/", { params: { query: { page } }, signal }));
}

/** How many nodes may be at work at the same time, by pool, queue and team. */
export function listLimits(signal?: AbortSignal): Promise<Page<Limit>> {
  return body(api.GET("/api/v1/limits/", { params: { query: { page_size: 200 } }, signal }));
}
