import { request, segment } from "../request";
import type { Component, ComponentDetail, ComponentVersion, Page } from "../types";

export interface ComponentFilters {
  search?: string;
  category?: string;
  kind?: string;
}

/** The whole catalog that matches: pages are read one after another. */
export async function listComponents(filters: ComponentFilters, signal?: AbortSignal): Promise<Component[]> {
  const all: Component[] = [];
  for (let page = 1; ; page += 1) {
    const answer = await request<Page<Component>>("/components/", {
      query: { ...filters, page, page_size: 200 },
      signal,
    });
    all.push(...answer.results);
    if (!answer.next) return all;
  }
}

export function getComponent(namespace: string, name: string, signal?: AbortSignal): Promise<ComponentDetail> {
  return request(`/components/${segment(namespace)}/${segment(name)}/`, { signal });
}

export function getComponentVersion(
  namespace: string,
  name: string,
  number: number,
  signal?: AbortSignal,
): Promise<ComponentVersion> {
  return request(`/components/${segment(namespace)}/${segment(name)}/versions/${number}/`, { signal });
}
