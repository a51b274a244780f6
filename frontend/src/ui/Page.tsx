import { clsx } from "clsx";
import { type ReactNode, useEffect } from "react";

/** Names the browser's tab while a page is open. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · Penstock` : "Penstock";
  }, [title]);
}

export interface PageProps {
  title: string;
  /** A line under the title. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  width?: "normal" | "narrow";
}

/** A page that reads from top to bottom: title, actions, content. */
export function Page({ title, lead, actions, children, width = "normal" }: PageProps) {
  useTitle(title);
  return (
    <div className={clsx("mx-auto flex flex-col gap-4 px-6 py-5", width === "narrow" ? "max-w-3xl" : "max-w-6xl")}>
      <header className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {lead && <p className="mt-0.5 text-muted">{lead}</p>}
        </div>
        {actions}
      </header>
      {children}
    </div>
  );
}

/** The rows of a list: one look for pipelines, runs, versions and tokens. */
export const TABLE = "w-full border-separate border-spacing-0 text-left text-sm";
export const TABLE_BOX = "overflow-x-auto rounded-lg border bg-surface shadow-card";
export const TH = "h-8 border-b bg-inset px-3 text-xs font-medium text-muted whitespace-nowrap first:rounded-tl-lg last:rounded-tr-lg";
export const TD = "h-10 border-b px-3 py-1.5 align-middle group-last:border-b-0";
