import { useCallback, useEffect, useRef } from "react";

import { useRuns } from "@/api/hooks";
import type { Pipeline } from "@/api/types";

const ACTIVE = new Set(["pending", "running"]);
const LOOK_AGAIN = 10_000;

/**
 * Shows a run that was started in another tab, by somebody else or by the API, unless one is shown.
 *
 * Returns how to tell the other tabs of this browser about a run at once.
 */
export function useRunsElsewhere(
  pipeline: Pipeline,
  shown: string | null,
  show: (run: string) => void,
): (run: string) => void {
  const runs = useRuns({ pipeline: pipeline.id, page_size: 1 }, LOOK_AGAIN);
  const newest = runs.data?.results[0];
  const seen = useRef(new Set<string>());
  const channel = useRef<BroadcastChannel | null>(null);
  if (shown) seen.current.add(shown);

  useEffect(() => {
    if (!newest || !ACTIVE.has(newest.state) || seen.current.has(newest.id) || shown) return;
    seen.current.add(newest.id);
    show(newest.id);
  }, [newest, shown, show]);

  useEffect(() => {
    const line = new BroadcastChannel(`penstock-runs-${pipeline.id}`);
    line.onmessage = ({ data }) => {
      if (typeof data === "string") show(data);
    };
    channel.current = line;
    return () => {
      channel.current = null;
      line.close();
    };
  }, [pipeline.id, show]);

  return useCallback((run) => channel.current?.postMessage(run), []);
}
