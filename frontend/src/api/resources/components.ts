import { api, body, given } from "../client";
import type {
  Component,
  ComponentDetail,
  ComponentDiff,
  ComponentFilters,
  ComponentSharing,
  ComponentUse,
  ComponentVersion,
  HistoryEntry,
  Page,
  Visibility,
} from "../types";

/** The whole catalog that matches: pages are read one after another. */
export async function listComponents(filters: ComponentFilters, signal?: AbortSignal): Promise<Component[]> {
  const all: Component[] = [];
  for (let page = 1; ; page += 1) {
    const query = given({ ...filters, page, page_size: 200 });
    const answer = await body(api.GET("/api/v1/components/", { params: { query }, signal }));
    all.push(...answer.results);
    if (!answer.next) return all;
  }
}

export function listComponentHistory(namespace: string, name: string, page: number, signal?: AbortSignal): Promise<Page<HistoryEntry>> {
  return body(
    api.GET("/api/v1/components/{namespace}/{name}/history/", { params: { path: { namespace, name }, query: { page } }, signal }),
  );
}

export function getComponent(namespace: string, name: string, signal?: AbortSignal): Promise<ComponentDetail> {
  return body(
    api.GET("/api/v1/components/{namespace}/{name}/", { params: { path: { namespace, name } }, signal }),
  );
}

export function getComponentVersion(
  namespace: string,
  name: string,
  number: number,
  signal?: AbortSignal,
): Promise<ComponentVersion> {
  return body(
    api.GET("/api/v1/components/{namespace}/{name}/versions/{number}/", {
      params: { path: { namespace, name, number: String(number) } },
      signal,
    }),
  );
}

export function diffComponent(
  namespace: string,
  name: string,
  number: number,
  against: number,
  signal?: AbortSignal,
): Promise<ComponentDiff> {
  return body(
    api.GET("/api/v1/components/{namespace}/{name}/versions/{number}/diff/", {
      params: { path: { namespace, name, number: String(number) }, query: { against } },
      signal,
    }),
  );
}

/** The pipelines of one's own teams that use it. */
export function listComponentUses(namespace: string, name: string, page: number, signal?: AbortSignal): Promise<Page<ComponentUse>> {
  return body(
    api.GET("/api/v1/components/{namespace}/{name}/uses/", {
      params: { path: { namespace, name }, query: { page, page_size: 25 } },
      signal,
    }),
  );
}

export function getSharing(namespace: string, name: string, signal?: AbortSignal): Promise<ComponentSharing> {
  return body(api.GET("/api/v1/components/{namespace}/{name}/sharing/", { params: { path: { namespace, name } }, signal }));
}

/** `teams` are slugs; they replace those that were chosen before. */
export function shareComponent(namespace: string, name: string, visibility: Visibility, teams: string[]): Promise<ComponentSharing> {
  return body(
    api.PUT("/api/v1/components/{namespace}/{name}/sharing/", {
      params: { path: { namespace, name } },
      body: { visibility, teams },
    }),
  );
}
