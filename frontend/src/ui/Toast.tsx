import { clsx } from "clsx";
import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { type ReactNode, useSyncExternalStore } from "react";

export type ToastTone = "info" | "success" | "error";

export interface ToastMessage {
  title: ReactNode;
  description?: ReactNode;
  tone?: ToastTone;
  /** One thing to do about it, such as Undo. `altText` tells the act to a screen reader. */
  action?: { label: string; onClick: () => void };
  /** Milliseconds; errors stay 10 s, others 5 s. */
  duration?: number;
}

interface Shown extends ToastMessage {
  id: number;
}

let shown: Shown[] = [];
let nextId = 1;
const listeners = new Set<() => void>();
const MOST = 4;

function set(next: Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

/** Tells something without asking for attention. Returns a function that takes it away again. */
export function toast(message: ToastMessage | string): () => void {
  const id = nextId++;
  const full: ToastMessage = typeof message === "string" ? { title: message } : message;
  set([...shown, { ...full, id }].slice(-MOST));
  return () => dismiss(id);
}

function dismiss(id: number): void {
  set(shown.filter((one) => one.id !== id));
}

const ICONS: Record<ToastTone, ReactNode> = {
  info: <Info className="mt-0.5 size-4 shrink-0 text-info" aria-hidden />,
  success: <CircleCheck className="mt-0.5 size-4 shrink-0 text-success" aria-hidden />,
  error: <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />,
};

/** Stands once in the shell and shows what `toast()` was told. */
export function Toaster() {
  const messages = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  return (
    <Radix.Provider swipeDirection="right">
      {messages.map(({ id, title, description, tone = "info", action, duration }) => (
        <Radix.Root
          key={id}
          type={tone === "error" ? "foreground" : "background"}
          duration={duration ?? (tone === "error" ? 10_000 : 5_000)}
          onOpenChange={(open) => {
            if (!open) dismiss(id);
          }}
          className={clsx(
            "flex w-90 max-w-[calc(100vw-2rem)] animate-pop items-start gap-2.5 rounded-md border bg-raised p-3 shadow-float",
            tone === "error" ? "border-danger/50" : "border-line",
          )}
        >
          {ICONS[tone]}
          <div className="min-w-0 flex-1">
            <Radix.Title className="font-medium break-words">{title}</Radix.Title>
            {description && (
              <Radix.Description className="mt-0.5 text-xs break-words text-muted">
                {description}
              </Radix.Description>
            )}
          </div>
          {action && (
            <Radix.Action
              altText={action.label}
              onClick={action.onClick}
              className="shrink-0 rounded-sm px-1.5 py-0.5 text-xs font-semibold text-accent hover:bg-hover"
            >
              {action.label}
            </Radix.Action>
          )}
          <Radix.Close aria-label="Dismiss" className="shrink-0 rounded-sm p-0.5 text-muted hover:bg-hover">
            <X className="size-3.5" aria-hidden />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-4 bottom-4 z-[80] flex flex-col gap-2 outline-none" />
    </Radix.Provider>
  );
}
