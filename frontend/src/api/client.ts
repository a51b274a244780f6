/** The HTTP API, typed by its own OpenAPI document (`npm run types` after a change of it). */

import createClient from "openapi-fetch";
import type { paths } from "./schema";
import { transport } from "./transport";

/** `api.GET("/api/v1/runs/{id}/", …)`; fails by throwing `ApiProblem`, never by an error value. */
export const api = createClient<paths, "application/json">({
  baseUrl: window.location.origin,
  fetch: transport,
  credentials: "same-origin",
  headers: { Accept: "application/json, application/problem+json" },
});

/** The body of an answer that has one. */
export async function body<T>(answer: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data, response } = await answer;
  if (data === undefined) throw new Error(`${response.url} answered ${response.status} without a body.`);
  return data;
}

/** Without what is empty: a cleared filter is no filter. */
export function given<T extends object>(filters: T): T {
  return Object.fromEntries(
    Object.entries(filters).filter(([, value]) => value !== undefined && value !== null && value !== ""),
  ) as T;
}

/** An address under the API, for links and pictures. */
export function apiUrl(path: string, query: Record<string, string | number> = {}): string {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ""}`;
}
