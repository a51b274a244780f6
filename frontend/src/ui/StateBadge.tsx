import { clsx } from "clsx";
import { Badge } from "./Badge";
import { stateLook } from "./states";

export interface StateBadgeProps {
  state: string;
  className?: string;
  /** The state is history: nothing turns. */
  past?: boolean;
  "data-testid"?: string;
}

/** A run's or a node's state as icon, colour and word: never colour alone. */
export function StateBadge({ state, className, past = false, ...rest }: StateBadgeProps) {
  const { label, tone, icon: Icon } = stateLook(state);
  return (
    <Badge tone={tone} data-state={state} className={className} {...rest}>
      <Icon className={clsx("size-3", state === "running" && !past && "animate-spin")} aria-hidden />
      {label}
    </Badge>
  );
}
