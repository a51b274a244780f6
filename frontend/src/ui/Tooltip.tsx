import { Tooltip as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { keysText } from "./Kbd";

export interface TooltipProps {
  label: ReactNode;
  shortcut?: string;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactElement;
}

/** Needs one `TooltipProvider` above it; the shell has it. */
export function Tooltip({ label, shortcut, side = "bottom", children }: TooltipProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={5}
          collisionPadding={8}
          className="z-[70] max-w-80 rounded-md bg-ink px-2 py-1 text-xs text-surface shadow-float"
        >
          {label}
          {shortcut && <span className="ml-2 opacity-75">{keysText(shortcut)}</span>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={450} skipDelayDuration={150}>
      {children}
    </Radix.Provider>
  );
}
