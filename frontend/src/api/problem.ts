import type { Problem } from "./types";

interface ProblemBody {
  title?: string;
  detail?: string;
  code?: string;
  problems?: Problem[];
  errors?: unknown;
  [extra: string]: unknown;
}

/**
 * Why a request failed, in words for the reader.
 *
 * `status` is the HTTP status, or 0 when no answer came: the server is away or the network is.
 * `body` holds whatever else the `application/problem+json` answer said.
 */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    detail: string,
    readonly body: ProblemBody = {},
  ) {
    super(detail || title);
  }

  /** The findings of a 422 about a definition. */
  get problems(): Problem[] {
    return Array.isArray(this.body.problems) ? this.body.problems : [];
  }

  /** Asking again may help: the server was away, busy or broken, not the request wrong. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  static async from(response: Response): Promise<ApiProblem> {
    const text = await response.text();
    const body = parse(text);
    const fallback =
      response.status >= 500
        ? "The server failed to answer. Its log says why; try again in a moment."
        : `The server answered ${response.status} ${response.statusText}.`.trim();
    return new ApiProblem(
      response.status,
      body.code ?? `http_${response.status}`,
      body.title ?? fallback,
      body.detail ?? body.title ?? fallback,
      body,
    );
  }

  /** No answer came: `cause` is what `fetch` failed with. */
  static unreachable(cause: unknown): ApiProblem {
    const late = cause instanceof DOMException && cause.name === "TimeoutError";
    const problem = late
      ? new ApiProblem(
          0,
          "timeout",
          "The server takes too long",
          "The server took the request and did not answer in time. It may be busy; try again in a moment.",
        )
      : new ApiProblem(
          0,
          "unreachable",
          "The server cannot be reached",
          "The server cannot be reached. Check that Penstock is running and that you are online, then try again.",
        );
    problem.cause = cause;
    return problem;
  }
}

function parse(text: string): ProblemBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as ProblemBody) : {};
  } catch {
    return {};
  }
}

/** What to tell about any error, thrown by us or not. */
export function errorMessage(error: unknown): string {
  if (error instanceof Error) return error.message;
  return String(error);
}
