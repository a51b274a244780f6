import { api, body, given } from "../client";
import type { Component, ComponentDetail, ComponentFilters, ComponentVersion, HistoryEntry, Page } from "../types";

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
