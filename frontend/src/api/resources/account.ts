import { request } from "../request";
import type { ApiToken, Me, Page } from "../types";

export function getMe(signal?: AbortSignal): Promise<Me> {
  return request("/me/", { signal });
}

/** `current` is asked for only from those who have a password already. */
export function changePassword(next: string, current?: string): Promise<null> {
  return request("/me/password/", { method: "POST", body: { new: next, ...(current ? { current } : {}) } });
}

export function listTokens(page = 1, signal?: AbortSignal): Promise<Page<ApiToken>> {
  return request("/tokens/", { query: { page, page_size: 100 }, signal });
}

/** The only answer that holds the secret itself. */
export function createToken(name: string): Promise<ApiToken & { token: string }> {
  return request("/tokens/", { method: "POST", body: { name } });
}

export function revokeToken(id: number): Promise<null> {
  return request(`/tokens/${id}/`, { method: "DELETE" });
}
