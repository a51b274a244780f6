import { api, apiUrl, body } from "../client";
import { ApiProblem } from "../problem";
import { session } from "../session";
import { csrfToken } from "../transport";
import type { Preview, Uploaded } from "../types";

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

export interface UploadOptions {
  team?: string;
  signal?: AbortSignal;
  /** Called with 0..1 while the bytes go out. */
  onProgress?: (part: number) => void;
}

/** Stores a file. `XMLHttpRequest`, because `fetch` tells nothing about how far an upload is. */
export async function uploadArtifact(file: File, options: UploadOptions = {}): Promise<Uploaded> {
  for (;;) {
    const response = await post(file, options);
    if (response.status === 401) {
      await session.untilSignedIn(options.signal);
      continue;
    }
    if (!response.ok) throw await ApiProblem.from(response);
    return (await response.json()) as Uploaded;
  }
}

function post(file: File, { team, signal, onProgress }: UploadOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("file", file);
    if (team) form.append("team", team);
    const xhr = new XMLHttpRequest();
    xhr.open("POST", apiUrl("/artifacts/"));
    xhr.setRequestHeader("X-CSRFToken", csrfToken());
    xhr.setRequestHeader("Accept", "application/json, application/problem+json");
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    };
    xhr.onload = () => resolve(new Response(xhr.responseText, { status: xhr.status, statusText: xhr.statusText }));
    xhr.onerror = () => reject(ApiProblem.unreachable("upload"));
    xhr.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    if (signal?.aborted) return reject(new DOMException("The upload was stopped.", "AbortError"));
    signal?.addEventListener("abort", () => xhr.abort(), { once: true });
    xhr.send(form);
  });
}
