import { api, apiUrl, body } from "../client";
import { transport } from "../transport";
import type {
  ComponentDraft,
  ComponentDraftRow,
  ComponentKind,
  ComponentOutlook,
  ComponentVersion,
  DraftContent,
  JsonObject,
  Page,
} from "../types";

const plain = (content: DraftContent): JsonObject => ({ ...content });

export function listComponentKinds(signal?: AbortSignal): Promise<ComponentKind[]> {
  return body(api.GET("/api/v1/components/kinds/", { signal }));
}

export function listComponentDrafts(page = 1, signal?: AbortSignal): Promise<Page<ComponentDraftRow>> {
  return body(api.GET("/api/v1/component-drafts/", { params: { query: { page, page_size: 50 } }, signal }));
}

export async function getComponentDraft(id: string, signal?: AbortSignal): Promise<ComponentDraft> {
  const found = await body(api.GET("/api/v1/component-drafts/{id}/", { params: { path: { id } }, signal }));
  return found as unknown as ComponentDraft;
}

export async function beginComponentDraft(team: string, content: DraftContent): Promise<ComponentDraft> {
  const made = await body(api.POST("/api/v1/component-drafts/", { body: { team, content: plain(content) } }));
  return made as unknown as ComponentDraft;
}

/** The team's draft of the next version of `component`. */
export async function openComponentDraft(component: string): Promise<ComponentDraft> {
  const made = await body(api.POST("/api/v1/component-drafts/", { body: { component } }));
  return made as unknown as ComponentDraft;
}

/** Raises ApiProblem with status 412 when somebody else saved first; `body.current` says who. */
export function saveComponentDraft(id: string, content: DraftContent, base: number): Promise<ComponentDraftRow> {
  return body(
    api.PATCH("/api/v1/component-drafts/{id}/", {
      params: { path: { id }, header: { "If-Match": `"${base}"` } },
      body: { content: plain(content) },
    }),
  );
}

export async function removeComponentDraft(id: string): Promise<void> {
  await api.DELETE("/api/v1/component-drafts/{id}/", { params: { path: { id } } });
}

export function publishComponentDraft(id: string, changelog: string): Promise<ComponentVersion> {
  return body(api.POST("/api/v1/component-drafts/{id}/publish/", { params: { path: { id } }, body: { changelog } }));
}

/** Runs the saved draft on a worker; nobody's list shows the run. */
export function tryComponentDraft(id: string, sample: NonNullable<DraftContent["sample"]>): Promise<{ run: string }> {
  return body(api.POST("/api/v1/component-drafts/{id}/tries/", { params: { path: { id } }, body: { ...sample } }));
}

/** A draft of what a file says; `notes` tell what it could not bring along. */
export function importComponent(team: string, file: string): Promise<{ draft: string; notes: string[] }> {
  return body(api.POST("/api/v1/component-drafts/import/", { body: { team, file } }));
}

export type ComponentFileFormat = "penstock" | "kfp";

/** Saves the file of a version on this computer, or fails by throwing `ApiProblem`. */
export async function downloadComponent(component: string, number: number, form: ComponentFileFormat): Promise<void> {
  const address = window.location.origin + apiUrl(`/components/${component}/versions/${number}/file/`, { as: form });
  const response = await transport(new Request(address, { credentials: "same-origin" }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  const named = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
  link.download = named?.[1] ?? "component.yaml";
  link.click();
  URL.revokeObjectURL(link.href);
}

/** What publishing would do; nothing is written. */
export function checkComponent(team: string, content: DraftContent, signal?: AbortSignal): Promise<ComponentOutlook> {
  const { kind, fields } = content;
  return body(api.POST("/api/v1/components/check/", { body: { ...fields, team, kind, changelog: "" }, signal }));
}
