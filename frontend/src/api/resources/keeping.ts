import { api, body } from "../client";
import type { CleanUp, CleanUpPreview, Keeping, Page, Quotas, Retention, Run } from "../types";

export function getKeeping(team: string, signal?: AbortSignal): Promise<Keeping> {
  return body(api.GET("/api/v1/teams/{team}/keeping/", { params: { path: { team } }, signal }));
}

/** 0 is for ever; null takes what the whole Penstock has. */
export function changeRetention(team: string, retention: Partial<Retention>): Promise<Keeping> {
  return body(api.PATCH("/api/v1/teams/{team}/keeping/", { params: { path: { team } }, body: retention as Retention }));
}

/** 0 is without a limit; null takes what the whole Penstock has. */
export function changeQuotas(team: string, quotas: Partial<Quotas>): Promise<Keeping> {
  return body(api.PATCH("/api/v1/teams/{team}/quotas/", { params: { path: { team } }, body: quotas as Quotas }));
}

export function listCleanUps(team: string, page: number, signal?: AbortSignal): Promise<Page<CleanUp>> {
  return body(
    api.GET("/api/v1/teams/{team}/clean-ups/", { params: { path: { team }, query: { page, page_size: 10 } }, signal }),
  );
}

export function previewCleanUp(team: string, signal?: AbortSignal): Promise<CleanUpPreview> {
  return body(api.GET("/api/v1/teams/{team}/clean-ups/preview/", { params: { path: { team } }, signal }));
}

export function askForCleanUp(team: string): Promise<CleanUp> {
  return body(api.POST("/api/v1/teams/{team}/clean-ups/", { params: { path: { team } } }));
}

export async function pinRun(id: string, reason: string): Promise<Run> {
  return (await body(api.PUT("/api/v1/runs/{id}/pin/", { params: { path: { id } }, body: { reason } }))) as Run;
}

export async function unpinRun(id: string): Promise<Run> {
  return (await body(api.DELETE("/api/v1/runs/{id}/pin/", { params: { path: { id } } }))) as Run;
}
