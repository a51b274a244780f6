/** Sends files. `XMLHttpRequest`, because `fetch` tells nothing about how far an upload is. */

import { apiUrl } from "./client";
import { ApiProblem } from "./problem";
import { session } from "./session";
import { csrfToken } from "./transport";

export interface UploadOptions {
  signal?: AbortSignal;
  /** Called with 0..1 while the bytes go out. */
  onProgress?: (part: number) => void;
}

/** Posts a file with further fields; what is undefined is left out. */
export async function upload<T>(
  path: string,
  file: File,
  fields: Record<string, string | undefined>,
  options: UploadOptions = {},
): Promise<T> {
  for (;;) {
    const response = await post(path, file, fields, options);
    if (response.status === 401) {
      await session.untilSignedIn(options.signal);
      continue;
    }
    if (!response.ok) throw await ApiProblem.from(response);
    return (await response.json()) as T;
  }
}

function post(
  path: string,
  file: File,
  fields: Record<string, string | undefined>,
  { signal, onProgress }: UploadOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("file", file);
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, value);
    const xhr = new XMLHttpRequest();
    xhr.open("POST", apiUrl(path));
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
