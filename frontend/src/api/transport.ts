/** `fetch` as this server wants it: CSRF header, session handling, failures as `ApiProblem`. */

import { ApiProblem } from "./problem";
import { session } from "./session";

export function csrfToken(): string {
  const match = /(?:^|;\s*)penstock_csrf=([^;]+)/.exec(document.cookie);
  return match?.[1] ? decodeURIComponent(match[1]) : "";
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** A server that takes the question and never answers must not leave a spinner turning for ever. */
const PATIENCE = 25_000;

async function send(request: Request): Promise<Response> {
  const attempt = new Request(request.clone(), {
    signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE)]),
  });
  if (!SAFE.has(request.method)) attempt.headers.set("X-CSRFToken", csrfToken());
  try {
    return await fetch(attempt);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw ApiProblem.unreachable(error);
  }
}

/**
 * Sends a request; where the session has ended, waits until it is back and sends it again.
 *
 * Raises ApiProblem for every answer that is not 2xx or 304, and when no answer comes.
 */
export async function transport(request: Request): Promise<Response> {
  for (;;) {
    const response = await send(request);
    if (response.status === 401) {
      await session.untilSignedIn(request.signal);
      continue;
    }
    if (!response.ok && response.status !== 304) throw await ApiProblem.from(response);
    return response;
  }
}
