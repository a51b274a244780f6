import { api, body } from "../client";
import type { Page, Worker } from "../types";

export function listWorkers(page: number, signal?: AbortSignal): Promise<Page<Worker>> {
  return body(api.GET("/api/v1/workers/", { params: { query: { page } }, signal }));
}
