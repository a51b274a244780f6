import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { Spinner } from "./Spinner";

export type ButtonTone = "primary" | "secondary" | "ghost" | "danger";

const TONES: Record<ButtonTone, string> = {
  primary:
    "bg-accent text-on-accent border-transparent hover:bg-accent-strong disabled:hover:bg-accent",
  secondary: "bg-surface text-ink border-line-strong hover:bg-hover disabled:hover:bg-surface",
  ghost: "bg-transparent text-ink border-transparent hover:bg-hover",
  danger: "bg-surface text-danger border-line-strong hover:bg-danger-soft hover:border-danger",
};

export interface ButtonProps extends ComponentProps<"button"> {
  tone?: ButtonTone;
  size?: "sm" | "md";
  icon?: ReactNode;
  /** Shows that the act is under way and refuses a second press. */
  busy?: boolean;
}

export function buttonClass(tone: ButtonTone = "secondary", size: "sm" | "md" = "md"): string {
  return clsx(
    "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none",
    "transition-colors duration-100 disabled:cursor-not-allowed disabled:opacity-55",
    size === "sm" ? "h-7 px-2.5 text-xs" : "h-8 px-3 text-sm",
    TONES[tone],
  );
}

export function Button({
  tone = "secondary",
  size = "md",
  icon,
  busy = false,
  disabled,
  className,
  children,
  type = "button",
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={clsx(buttonClass(tone, size), className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <Spinner size={14} /> : icon}
      {children}
    </button>
  );
}
