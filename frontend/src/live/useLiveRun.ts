import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { keys } from "@/api/hooks";
import { getRun, listEvents } from "@/api/resources/runs";
import type { Run, RunEvent } from "@/api/types";
import { RunBus } from "./bus";
import { type LiveStatus, RunConnection } from "./connection";
import { FrameBatch } from "./frames";
import { applyEvents, newest } from "./reducer";

const ENDED = new Set(["success", "failed", "cancelled"]);

export interface LiveRun {
  /** The run as far as this page has seen it. */
  run: Run | undefined;
  /** Why the run could not be read; with `run` set it is what was known before. */
  error: Error | null;
  refetch: () => void;
  refetching: boolean;
  status: LiveStatus;
  bus: RunBus;
  /** Tries the live line again at once. */
  reconnect: () => void;
}

/** A run that follows its events until it has ended. With `null` it follows nothing. */
export function useLiveRun(runId: string | null): LiveRun {
  const queryClient = useQueryClient();
  const [status, setStatus] = useState<LiveStatus>("connecting");
  const bus = useMemo(() => new RunBus(), [runId]);
  const connection = useRef<RunConnection | null>(null);

  const query = useQuery({
    queryKey: keys.run(runId ?? ""),
    queryFn: ({ signal }) => getRun(runId ?? "", signal),
    enabled: runId !== null,
    staleTime: 0,
    structuralSharing: (old, fresh) => newest(old as Run | undefined, fresh as Run),
  });
  const known = query.data !== undefined;
  const ended = query.data !== undefined && ENDED.has(query.data.state);

  useEffect(() => {
    if (runId === null || !known) return;
    if (ended) {
      setStatus("closed");
      return;
    }
    const key = keys.run(runId);
    const batch = new FrameBatch<RunEvent>((events) => {
      queryClient.setQueryData<Run>(key, (run) => run && applyEvents(run, events));
      bus.tellEvents(events);
    });
    const line = new RunConnection({
      runId,
      after: queryClient.getQueryData<Run>(key)?.last_seq ?? 0,
      onEvents: (events) => batch.add(events),
      onLog: (hint) => bus.tellLog(hint),
      onStatus: setStatus,
      fetchEvents: (after, signal) => listEvents(runId, after, 500, signal),
    });
    connection.current = line;
    line.start();
    return () => {
      connection.current = null;
      batch.flush();
      line.stop();
    };
  }, [runId, known, ended, queryClient, bus]);

  return {
    run: query.data,
    error: query.error,
    refetch: () => void query.refetch(),
    refetching: query.isFetching,
    status,
    bus,
    reconnect: () => connection.current?.wake(),
  };
}
