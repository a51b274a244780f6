import { api, body, given } from "../client";
import type {
  ApiToken,
  AuditEntry,
  AuditFilters,
  CreatedApiToken,
  CreatedInvitation,
  Invitation,
  Member,
  NewApiToken,
  Page,
  Role,
  RoleAction,
  Team,
} from "../types";

/** For administrators of the Penstock. */
export function createTeam(name: string, slug: string): Promise<Team> {
  return body(api.POST("/api/v1/teams/", { body: { name, slug } }));
}

export function renameTeam(team: string, name: string): Promise<Team> {
  return body(api.PATCH("/api/v1/teams/{team}/", { params: { path: { team } }, body: { name } }));
}

export function listMembers(team: string, page: number, signal?: AbortSignal, kind?: "person" | "service"): Promise<Page<Member>> {
  return body(api.GET("/api/v1/teams/{team}/members/", { params: { path: { team }, query: { page, kind } }, signal }));
}

export function changeRole(team: string, member: number, role: Role): Promise<Member> {
  const path = { team, id: String(member) };
  return body(api.PATCH("/api/v1/teams/{team}/members/{id}/", { params: { path }, body: { role } }));
}

/** Removes somebody, or leaves. */
export async function removeMember(team: string, member: number): Promise<void> {
  await api.DELETE("/api/v1/teams/{team}/members/{id}/", { params: { path: { team, id: String(member) } } });
}

export function listInvitations(team: string, signal?: AbortSignal): Promise<Page<Invitation>> {
  return body(api.GET("/api/v1/teams/{team}/invitations/", { params: { path: { team }, query: { page_size: 200 } }, signal }));
}

/** The only answer that holds the link. */
export function invite(team: string, role: Role, note: string): Promise<CreatedInvitation> {
  return body(api.POST("/api/v1/teams/{team}/invitations/", { params: { path: { team } }, body: { role, note } }));
}

export async function withdrawInvitation(team: string, invitation: number): Promise<void> {
  await api.DELETE("/api/v1/teams/{team}/invitations/{id}/", { params: { path: { team, id: String(invitation) } } });
}

export function createService(team: string, name: string, role: Role): Promise<Member> {
  return body(api.POST("/api/v1/teams/{team}/services/", { params: { path: { team } }, body: { name, role } }));
}

export function listServiceTokens(team: string, service: number, signal?: AbortSignal): Promise<Page<ApiToken>> {
  const path = { team, id: String(service) };
  return body(api.GET("/api/v1/teams/{team}/members/{id}/tokens/", { params: { path, query: { page_size: 100 } }, signal }));
}

/** The only answer that holds the secret itself. */
export function createServiceToken(team: string, service: number, token: NewApiToken): Promise<CreatedApiToken> {
  const path = { team, id: String(service) };
  return body(api.POST("/api/v1/teams/{team}/members/{id}/tokens/", { params: { path }, body: token }));
}

export async function revokeServiceToken(team: string, service: number, token: number): Promise<void> {
  const path = { team, id: String(service), token: String(token) };
  await api.DELETE("/api/v1/teams/{team}/members/{id}/tokens/{token}/", { params: { path } });
}

/** What each role may do. */
export function listRoles(signal?: AbortSignal): Promise<RoleAction[]> {
  return body(api.GET("/api/v1/roles/", { signal }));
}

export function listAudit(filters: AuditFilters, signal?: AbortSignal): Promise<Page<AuditEntry>> {
  return body(api.GET("/api/v1/audit/", { params: { query: given(filters) }, signal }));
}
