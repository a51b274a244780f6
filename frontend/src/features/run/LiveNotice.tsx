import type { LiveRun } from "@/live";
import { isFinal, Notice } from "@/ui";

/** Says when what is shown may not be what is: nothing while all is well. */
export function LiveNotice({ live }: { live: LiveRun }) {
  const { run, status, error } = live;
  if (status === "gone")
    return (
      <Notice tone="danger" title="This run can no longer be read" className="m-3 mb-0">
        It was removed, or you are no longer a member of its team. What you see is its last known state.
      </Notice>
    );
  if (run && !isFinal(run.state) && status === "offline")
    return (
      <Notice tone="warning" title="Not live" onRetry={live.reconnect} className="m-3 mb-0">
        The server cannot be reached; what you see is the last known state. The page tries again by itself.
      </Notice>
    );
  if (error && run)
    return (
      <Notice tone="warning" title="This may be out of date" onRetry={live.refetch} retrying={live.refetching} className="m-3 mb-0">
        {error.message}
      </Notice>
    );
  return null;
}
