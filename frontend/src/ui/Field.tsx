import { clsx } from "clsx";
import { type ComponentProps, type ReactNode, useId } from "react";

export const INPUT =
  "pk-field block rounded-md border border-field bg-surface px-2 text-sm text-ink placeholder:text-faint " +
  "hover:border-muted focus-visible:outline-offset-0 disabled:cursor-not-allowed disabled:bg-inset disabled:text-muted " +
  "aria-invalid:border-danger";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={clsx(INPUT, "h-8", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={clsx(INPUT, "min-h-16 py-1.5", className)} {...rest} />;
}

/** What a control inside a `Field` needs so that label, help and error are read with it. */
export interface FieldControl {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
  "aria-required": true | undefined;
}

export interface FieldProps {
  label: ReactNode;
  help?: ReactNode;
  error?: ReactNode;
  required?: boolean;
  /** Things at the right of the label, such as a mode switch. */
  extra?: ReactNode;
  /** The label is only read out, where the place around the field names it for the eye. */
  hideLabel?: boolean;
  className?: string;
  children: (control: FieldControl) => ReactNode;
}

export function Field({ label, help, error, required = false, extra, hideLabel = false, className, children }: FieldProps) {
  const id = useId();
  const helpId = help ? `${id}-help` : undefined;
  const errorId = error ? `${id}-error` : undefined;
  return (
    <div className={clsx("relative flex min-w-0 flex-col gap-1", className)}>
      <div className={hideLabel ? "sr-only" : clsx("flex min-h-5 items-center", extra && "pr-12")}>
        <label htmlFor={id} className="min-w-0 flex-1 truncate text-xs font-medium">
          {label}
          {required && (
            <span className="ml-0.5 text-danger" aria-hidden>
              *
            </span>
          )}
        </label>
      </div>
      {children({
        id,
        "aria-describedby": [errorId, helpId].filter(Boolean).join(" ") || undefined,
        "aria-invalid": error ? true : undefined,
        "aria-required": required || undefined,
      })}
      {/* Behind the control: Tab comes to the field first, then to its switch. */}
      {extra && <div className="absolute top-0 right-0 flex h-5 items-center gap-2">{extra}</div>}
      {error && (
        <p id={errorId} className="text-xs text-danger">
          {error}
        </p>
      )}
      {help && (
        <p id={helpId} className="text-xs text-muted">
          {help}
        </p>
      )}
    </div>
  );
}
