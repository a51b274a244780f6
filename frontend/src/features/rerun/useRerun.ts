import { useCallback, useMemo, useState } from "react";

import type { Outlook } from "@/api/types";
import type { Fate } from "@/canvas/status";

import type { RerunQuestion } from "./RerunDialog";

export interface RerunState {
  /** What is asked at the moment; null when nothing is. */
  question: RerunQuestion | null;
  /** What each node would do, for as long as the question stands. */
  fates: ReadonlyMap<string, Fate> | undefined;
  ask(question: RerunQuestion): void;
  close(): void;
  show(outlook: Outlook | undefined): void;
}

/** A question whether to run again, and what the canvas shows meanwhile. */
export function useRerun(): RerunState {
  const [question, setQuestion] = useState<RerunQuestion | null>(null);
  const [outlook, show] = useState<Outlook | undefined>();
  const close = useCallback(() => {
    setQuestion(null);
    show(undefined);
  }, []);
  const fates = useMemo(() => outlook && new Map(outlook.nodes.map(({ id, fate }) => [id, fate])), [outlook]);
  return useMemo(() => ({ question, fates, ask: setQuestion, close, show }), [question, fates, close]);
}
