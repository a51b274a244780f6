import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./problem";

/**
 * `networkMode: always`: a browser that believes itself offline must get an error and a way to
 * retry, not a spinner that waits for an event which may never come.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        staleTime: 10_000,
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiProblem && error.temporary && error.code !== "timeout",
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}
