/** One JSON request to the API, base `/api/v1/`. */

import { transport } from "./transport";

export const API = "/api/v1";

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Options {
  method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return `${API}${path}${text ? `?${text}` : ""}`;
}

/** The answer's JSON; `null` for an empty answer. Raises ApiProblem, see `transport`. */
export async function request<T>(path: string, options: Options = {}): Promise<T> {
  const { method = "GET", query, body, headers, signal } = options;
  const url = new URL(apiUrl(path, query), window.location.origin);
  const response = await transport(
    new Request(url, {
      method,
      signal,
      credentials: "same-origin",
      headers: {
        Accept: "application/json, application/problem+json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    }),
  );
  const text = await response.text();
  return (text ? JSON.parse(text) : null) as T;
}

/** A path segment made of something a person or a document named. */
export const segment = encodeURIComponent;
