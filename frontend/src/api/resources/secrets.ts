import { api, body } from "../client";
import type { NewSecret, Page, SecretUse, TeamSecret } from "../types";

export function listSecrets(team: string, page: number, signal?: AbortSignal): Promise<Page<TeamSecret>> {
  const query = { page, page_size: 200 };
  return body(api.GET("/api/v1/teams/{team}/secrets/", { params: { path: { team }, query }, signal }));
}

export function writeSecret(team: string, secret: NewSecret): Promise<TeamSecret> {
  return body(api.POST("/api/v1/teams/{team}/secrets/", { params: { path: { team } }, body: secret }));
}

/** A value makes a new version; a description alone does not. */
export function changeSecret(team: string, id: number, change: { value?: string; description?: string }): Promise<TeamSecret> {
  const path = { team, id: String(id) };
  return body(api.PATCH("/api/v1/teams/{team}/secrets/{id}/", { params: { path }, body: change }));
}

/** With `force` also when pipelines name it; their runs then fail. */
export async function deleteSecret(team: string, id: number, force: boolean): Promise<void> {
  const params = { path: { team, id: String(id) }, query: { force } };
  await api.DELETE("/api/v1/teams/{team}/secrets/{id}/", { params });
}

export function listSecretUses(team: string, id: number, signal?: AbortSignal): Promise<Page<SecretUse>> {
  const path = { team, id: String(id) };
  return body(api.GET("/api/v1/teams/{team}/secrets/{id}/uses/", { params: { path }, signal }));
}
