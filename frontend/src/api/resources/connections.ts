import { api, body } from "../client";
import type { Connection, ConnectionTest, ConnectionType, JsonObject, Page } from "../types";

export function listConnectionTypes(signal?: AbortSignal): Promise<ConnectionType[]> {
  return body(api.GET("/api/v1/connection-types/", { signal }));
}

export function listConnections(team: string, page: number, signal?: AbortSignal): Promise<Page<Connection>> {
  return body(api.GET("/api/v1/teams/{team}/connections/", { params: { path: { team }, query: { page, page_size: 200 } }, signal }));
}

export interface NewConnection {
  name: string;
  type: string;
  description: string;
  settings: JsonObject;
}

export function createConnection(team: string, made: NewConnection): Promise<Connection> {
  return body(api.POST("/api/v1/teams/{team}/connections/", { params: { path: { team } }, body: made }));
}

/** Secret settings that are left out stay as they are. */
export function changeConnection(team: string, id: number, change: { description: string; settings: JsonObject }): Promise<Connection> {
  return body(api.PATCH("/api/v1/teams/{team}/connections/{id}/", { params: { path: { team, id: String(id) } }, body: change }));
}

export async function deleteConnection(team: string, id: number): Promise<void> {
  await api.DELETE("/api/v1/teams/{team}/connections/{id}/", { params: { path: { team, id: String(id) } } });
}

/** Whether settings work that are not saved; `connection` is whose stored secrets fill in the rest. */
export function tryConnection(team: string, tried: { type: string; settings: JsonObject; connection?: number }): Promise<ConnectionTest> {
  return body(api.POST("/api/v1/teams/{team}/connections/test/", { params: { path: { team } }, body: tried }));
}

export function testConnection(team: string, id: number): Promise<Connection> {
  return body(api.POST("/api/v1/teams/{team}/connections/{id}/test/", { params: { path: { team, id: String(id) } } }));
}
