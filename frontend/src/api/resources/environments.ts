import { api, body } from "../client";
import type { Environment } from "../types";

export function getEnvironment(digest: string, signal?: AbortSignal): Promise<Environment> {
  return body(api.GET("/api/v1/environments/{digest}/", { params: { path: { digest } }, signal }));
}

/** Has the next run choose versions anew. */
export function renewEnvironment(digest: string): Promise<Environment> {
  return body(api.POST("/api/v1/environments/{digest}/renew/", { params: { path: { digest } } }));
}
