import type { NodeState } from "@/api/types";
import type { Fate } from "../status";
import type { Colors } from "./paint";

const STATES: Record<NodeState, string> = {
  pending: "--color-neutral-soft",
  queued: "--color-warning",
  running: "--color-info",
  waiting: "--color-violet",
  success: "--color-success",
  failed: "--color-danger",
  skipped: "--color-line-strong",
  cancelled: "--color-neutral",
};

const FATES: Record<Fate, string> = { run: "--color-info", keep: "--color-success", leave: "--color-line-strong" };

/** The tokens as a canvas can use them: what `light-dark()` comes to at `element` now. */
export function colorsAt(element: HTMLElement): Colors {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const value = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const values = <K extends string>(tokens: Record<K, string>): Record<K, string> =>
    Object.fromEntries(Object.entries<string>(tokens).map(([key, token]) => [key, value(token)])) as Record<K, string>;
  const colors = {
    surface: value("--color-surface"),
    line: value("--color-line-strong"),
    accent: value("--color-accent"),
    danger: value("--color-danger"),
    states: values(STATES),
    fates: values(FATES),
  };
  probe.remove();
  return colors;
}
