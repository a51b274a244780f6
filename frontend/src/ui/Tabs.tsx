import { clsx } from "clsx";
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface TabItem {
  id: string;
  label: ReactNode;
  /** A small count behind the label. */
  count?: number;
  content: ReactNode;
}

export interface TabsProps {
  items: TabItem[];
  value: string;
  onValueChange: (id: string) => void;
  label: string;
  /** Things at the right end of the bar. */
  extra?: ReactNode;
  className?: string;
  size?: "sm" | "md";
}

/** Only the open tab's content is mounted. The panel fills the height that is left and scrolls. */
export function Tabs({ items, value, onValueChange, label, extra, className, size = "md" }: TabsProps) {
  return (
    <Radix.Root
      value={value}
      onValueChange={onValueChange}
      className={clsx("flex min-h-0 flex-col", className)}
    >
      <div className="flex shrink-0 items-center border-b px-3">
        <Radix.List aria-label={label} className={clsx("flex min-w-0 flex-1 gap-x-1", size === "sm" ? "flex-wrap" : "overflow-x-auto")}>
          {items.map((item) => (
            <Radix.Trigger
              key={item.id}
              value={item.id}
              className={clsx(
                "-mb-px flex items-center gap-1.5 border-b-2 border-transparent px-2.5 font-medium whitespace-nowrap text-muted outline-offset-[-2px]",
                "hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink",
                size === "sm" ? "h-8 text-xs" : "h-10 text-sm",
              )}
            >
              {item.label}
              {item.count !== undefined && (
                <span className="rounded-full bg-neutral-soft px-1.5 text-2xs text-muted tabular-nums">
                  {item.count}
                </span>
              )}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {extra}
      </div>
      {items.map((item) => (
        <Radix.Content
          key={item.id}
          value={item.id}
          className="min-h-0 flex-1 overflow-auto outline-offset-[-2px] data-[state=inactive]:hidden"
        >
          {item.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
