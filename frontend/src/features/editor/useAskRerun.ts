import { useCallback } from "react";

import { listRuns } from "@/api/resources/runs";
import type { Pipeline, Run } from "@/api/types";
import type { Autosave, DocumentStore } from "@/document";
import type { RerunQuestion } from "@/features/rerun/RerunDialog";
import { toast } from "@/ui";

export interface AskRerunOptions {
  pipeline: Pipeline;
  store: DocumentStore;
  saver: Autosave | null;
  /** The run on the canvas: its results are kept. Without one, those of the newest run. */
  shown: Run | undefined;
  ask(question: RerunQuestion): void;
  openProblems(open: boolean): void;
}

type AskRerun = (mode: "from" | "to" | "only" | "resume", nodes: ReadonlySet<string>) => Promise<void>;

/** Asks whether to run some nodes of the draft as it is now. */
export function useAskRerun({ pipeline, store, saver, shown, ask, openProblems }: AskRerunOptions): AskRerun {
  return useCallback(
    async (mode, nodes) => {
      const { editable } = store.getState();
      if (editable) {
        await saver?.flush();
        const { length } = store.getState().problems;
        if (length > 0) {
          openProblems(true);
          toast({
            tone: "error",
            title: length === 1 ? "The draft has a problem" : `The draft has ${length} problems`,
            description: "Mend what the list below the canvas shows, then run it.",
          });
          return;
        }
      }
      const origin = shown ?? (await newestRun(pipeline.id));
      if (!origin && mode !== "to") {
        toast({
          title: "There is no earlier run",
          description: "Run the pipeline once, or run to this node; then its results can be kept.",
        });
        return;
      }
      ask({
        pipeline: pipeline.id,
        run: origin?.id ?? null,
        number: origin?.number ?? null,
        mode,
        nodes: [...nodes],
        version: editable ? "draft" : null,
        ...(mode === "resume" && origin && editable ? { ranVersion: origin.version } : {}),
      });
    },
    [pipeline.id, store, saver, shown, ask, openProblems],
  );
}

async function newestRun(pipeline: string) {
  const { results } = await listRuns({ pipeline, page_size: 1 });
  return results[0];
}
