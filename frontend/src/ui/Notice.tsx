import { clsx } from "clsx";
import { CircleAlert, Info, RotateCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./Button";

export interface NoticeProps {
  tone?: "info" | "warning" | "danger";
  title: ReactNode;
  children?: ReactNode;
  onRetry?: () => void;
  retrying?: boolean;
  action?: ReactNode;
  className?: string;
}

const LOOK = {
  info: { box: "border-info/40 bg-info-soft", text: "text-info", icon: Info },
  warning: { box: "border-warning/40 bg-warning-soft", text: "text-warning", icon: TriangleAlert },
  danger: { box: "border-danger/40 bg-danger-soft", text: "text-danger", icon: CircleAlert },
};

/** Something went wrong, or is not fresh, and what can be done about it. */
export function Notice({ tone = "info", title, children, onRetry, retrying, action, className }: NoticeProps) {
  const { box, text, icon: Icon } = LOOK[tone];
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={clsx("flex items-start gap-2.5 rounded-md border px-3 py-2", box, className)}
    >
      <Icon className={clsx("mt-0.5 size-4 shrink-0", text)} aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words">{title}</p>
        {children && <div className="text-xs break-words text-muted">{children}</div>}
      </div>
      {action}
      {onRetry && (
        <Button size="sm" onClick={onRetry} busy={retrying} icon={<RotateCw className="size-3.5" aria-hidden />}>
          Try again
        </Button>
      )}
    </div>
  );
}
