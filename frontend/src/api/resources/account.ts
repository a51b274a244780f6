import { api, body } from "../client";
import type { ApiToken, CreatedApiToken, Me, NewApiToken, Page } from "../types";

export function getMe(signal?: AbortSignal): Promise<Me> {
  return body(api.GET("/api/v1/me/", { signal }));
}

/** `current` is asked for only from those who have a password already. */
export async function changePassword(next: string, current?: string): Promise<void> {
  await api.POST("/api/v1/me/password/", { body: { new: next, current } });
}

export function listTokens(page = 1, signal?: AbortSignal): Promise<Page<ApiToken>> {
  return body(api.GET("/api/v1/tokens/", { params: { query: { page, page_size: 100 } }, signal }));
}

/** The only answer that holds the secret itself. */
export function createToken(token: NewApiToken): Promise<CreatedApiToken> {
  return body(api.POST("/api/v1/tokens/", { body: token }));
}

export async function revokeToken(id: number): Promise<void> {
  await api.DELETE("/api/v1/tokens/{id}/", { params: { path: { id: String(id) } } });
}
