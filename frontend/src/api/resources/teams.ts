import { api, body, given } from "../client";
import type { AuditEntry, AuditFilters, CreatedInvitation, Invitation, Member, Page, Role, RoleAction } from "../types";

export function listMembers(team: string, page: number, signal?: AbortSignal): Promise<Page<Member>> {
  return body(api.GET("/api/v1/teams/{team}/members/", { params: { path: { team }, query: { page } }, signal }));
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

/** What each role may do. */
export function listRoles(signal?: AbortSignal): Promise<RoleAction[]> {
  return body(api.GET("/api/v1/roles/", { signal }));
}

export function listAudit(filters: AuditFilters, signal?: AbortSignal): Promise<Page<AuditEntry>> {
  return body(api.GET("/api/v1/audit/", { params: { query: given(filters) }, signal }));
}
