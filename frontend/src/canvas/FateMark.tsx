import { clsx } from "clsx";

import { Tooltip } from "@/ui";

import { type Fate, FATES } from "./status";

/** On a node: what it would do in the run that is being asked about. */
export function FateMark({ fate }: { fate: Fate }) {
  const { icon: Icon, label, text, border } = FATES[fate];
  return (
    <Tooltip label={label} side="top">
      <span
        className={clsx("absolute -top-2.5 left-2.5 flex size-5 items-center justify-center rounded-full border bg-surface", text, border)}
      >
        <Icon className="size-3" aria-hidden />
        <span className="sr-only">{label}</span>
      </span>
    </Tooltip>
  );
}
