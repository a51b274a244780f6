import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { Tooltip } from "./Tooltip";

export interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label"> {
  /** The accessible name, and the tooltip. */
  label: string;
  icon: ReactNode;
  size?: "sm" | "md";
  pressed?: boolean;
  /** Keys shown in the tooltip, such as `Ctrl+Z`. */
  shortcut?: string;
  side?: "top" | "right" | "bottom" | "left";
}

export function IconButton({
  label,
  icon,
  size = "md",
  pressed,
  shortcut,
  side,
  className,
  type = "button",
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip label={label} shortcut={shortcut} side={side}>
      <button
        type={type}
        aria-label={label}
        aria-pressed={pressed}
        className={clsx(
          "inline-flex shrink-0 items-center justify-center rounded-md text-muted transition-colors duration-100",
          "hover:bg-hover hover:text-ink disabled:cursor-not-allowed disabled:opacity-45 disabled:hover:bg-transparent",
          "aria-pressed:bg-accent-soft aria-pressed:text-accent-strong",
          size === "sm" ? "size-6 [&_svg]:size-3.5" : "size-8 [&_svg]:size-4",
          className,
        )}
        {...rest}
      >
        {icon}
      </button>
    </Tooltip>
  );
}
