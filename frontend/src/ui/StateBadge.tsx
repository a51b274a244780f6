import { clsx } from "clsx";
import { Badge } from "./Badge";
import { stateLook } from "./states";

/** A run's or a node's state as icon, colour and word: never colour alone. */
export function StateBadge({ state, className, ...rest }: { state: string; className?: string; "data-testid"?: string }) {
  const { label, tone, icon: Icon } = stateLook(state);
  return (
    <Badge tone={tone} data-state={state} className={className} {...rest}>
      <Icon className={clsx("size-3", state === "running" && "animate-spin")} aria-hidden />
      {label}
    </Badge>
  );
}
