import { apiUrl } from "../client";
import type { Arrival } from "../types";
import { upload } from "../upload";

/** Where a run is downloaded as one file, from which it runs again. */
export function bundleUrl(run: string): string {
  return apiUrl(`/runs/${run}/bundle/`);
}

/** What a bundle would use and publish; nothing is written. */
export function lookAtBundle(file: File, team?: string, signal?: AbortSignal): Promise<Arrival> {
  return upload("/bundles/", file, { dry_run: "true", ...(team && { team }) }, { signal });
}

export function runBundle(file: File, team?: string): Promise<Arrival> {
  return upload("/bundles/", file, { ...(team && { team }) });
}
