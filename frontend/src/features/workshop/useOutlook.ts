import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { checkComponent } from "@/api/resources/componentDrafts";
import type { ComponentOutlook, ComponentSpec, DraftContent } from "@/api/types";
import type { Mark } from "@/ui";

const QUIET_MS = 350;

export interface Checked {
  outlook: ComponentOutlook | undefined;
  /** The last spec that could be read: what is shown while a line is half written. */
  spec: ComponentSpec | null;
  /** Whether `outlook` is of what is written now. */
  fresh: boolean;
  error: Error | null;
}

/** What publishing the content would do, asked when the author pauses. */
export function useOutlook(team: string, content: DraftContent): Checked {
  const { kind, fields } = content;
  const asked = JSON.stringify([kind, fields]);
  const [settled, setSettled] = useState(asked);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(asked), QUIET_MS);
    return () => clearTimeout(timer);
  }, [asked]);
  const query = useQuery({
    queryKey: ["component-outlook", team, settled],
    queryFn: ({ signal }) => {
      const [kind, fields] = JSON.parse(settled) as [string, DraftContent["fields"]];
      return checkComponent(team, { kind, fields }, signal);
    },
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
  const last = useRef<ComponentSpec | null>(null);
  if (query.data?.spec) last.current = query.data.spec;
  return {
    outlook: query.data,
    spec: last.current,
    fresh: settled === asked && !query.isPlaceholderData && query.data !== undefined,
    error: query.error,
  };
}

const LINE = /^line (\d+): (.*)$/s;

/** The problems that name a line, as marks for the editor. */
export function marksOf(outlook: ComponentOutlook | undefined): Mark[] {
  return (outlook?.problems ?? []).flatMap(({ message }) => {
    const found = LINE.exec(message);
    return found ? [{ line: Number(found[1]), message: found[2] ?? message, severity: "error" as const }] : [];
  });
}
