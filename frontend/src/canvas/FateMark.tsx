import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";

import { Tooltip } from "@/ui";

import { type Change, CHANGES, type Fate, FATES } from "./status";

/** On a node: what it would do in the run that is being asked about. */
export function FateMark({ fate }: { fate: Fate }) {
  return <Mark {...FATES[fate]} />;
}

/** On a node: what became of it since the other version. */
export function ChangeMark({ change }: { change: Change }) {
  return <Mark {...CHANGES[change]} />;
}

function Mark({ icon: Icon, label, text, border }: { icon: LucideIcon; label: string; text: string; border: string }) {
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
