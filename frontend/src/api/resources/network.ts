import { api, body } from "../client";
import type { AllowedHost, Network, Page } from "../types";

export function getNetwork(team: string, signal?: AbortSignal): Promise<Network> {
  return body(api.GET("/api/v1/teams/{team}/network/", { params: { path: { team } }, signal }));
}

export function listAllowedHosts(team: string, page: number, signal?: AbortSignal): Promise<Page<AllowedHost>> {
  return body(api.GET("/api/v1/teams/{team}/allowed-hosts/", { params: { path: { team }, query: { page } }, signal }));
}

export function allowHost(team: string, entry: string, note: string): Promise<AllowedHost> {
  return body(api.POST("/api/v1/teams/{team}/allowed-hosts/", { params: { path: { team } }, body: { entry, note } }));
}

export async function forbidHost(team: string, id: number): Promise<void> {
  await api.DELETE("/api/v1/teams/{team}/allowed-hosts/{id}/", { params: { path: { team, id: String(id) } } });
}
