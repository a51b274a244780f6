import { api, apiUrl, body } from "../client";
import type { Preview, Uploaded } from "../types";
import { upload, type UploadOptions } from "../upload";

export function artifactUrl(digest: string): string {
  return apiUrl(`/artifacts/${digest}/`);
}

export function getPreview(digest: string, page: number, pageSize: number, signal?: AbortSignal): Promise<Preview> {
  return body(
    api.GET("/api/v1/artifacts/{digest}/preview/", {
      params: { path: { digest }, query: { page, page_size: pageSize } },
      signal,
    }),
  );
}

/** Stores a file. */
export function uploadArtifact(file: File, options: UploadOptions & { team?: string } = {}): Promise<Uploaded> {
  return upload("/artifacts/", file, { team: options.team }, options);
}
