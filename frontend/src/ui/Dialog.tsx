import { clsx } from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { IconButton } from "./IconButton";

export interface DialogProps {
  open: boolean;
  onOpenChange?: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, right-aligned under a line; the main one last. */
  footer?: ReactNode;
  size?: "sm" | "md" | "lg" | "xl";
  /** Stands at the right edge, and leaves the page to be seen. */
  beside?: boolean;
  /** False for a question that must be answered: no cross, Escape and outside clicks do nothing. */
  dismissable?: boolean;
}

/** The first thing to fill in gets the focus, else the dialog itself: never the cross. */
function focusFirst(event: Event): void {
  event.preventDefault();
  const dialog = event.currentTarget as HTMLElement;
  const field = dialog.querySelector<HTMLElement>(
    ":is(input:not([type=hidden]), textarea, [role=combobox], [contenteditable=true]):not(:disabled)",
  );
  (field ?? dialog).focus();
}

/** Ctrl+Enter sends the dialog's form from wherever one is in it, a code editor included. */
function sendForm(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.currentTarget.querySelector("form");
  if (!form) return;
  event.preventDefault();
  event.stopPropagation();
  form.requestSubmit();
}

const WIDTHS = { sm: "max-w-md", md: "max-w-xl", lg: "max-w-3xl", xl: "max-w-6xl" };

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  size = "sm",
  beside = false,
  dismissable = true,
}: DialogProps) {
  /** What had the focus before, to get it back: Radix knows only triggers of its own. */
  const before = useRef<Element | null>(null);
  const refuse = (event: Event) => {
    if (!dismissable) event.preventDefault();
  };
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={clsx("fixed inset-0 z-50 animate-overlay", !beside && "bg-black/40")} />
        <Radix.Content
          onOpenAutoFocus={(event) => {
            before.current = document.activeElement;
            focusFirst(event);
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
          }}
          onKeyDownCapture={sendForm}
          onEscapeKeyDown={refuse}
          onInteractOutside={refuse}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={clsx(
            "fixed z-50 flex w-[calc(100vw-2rem)] flex-col",
            beside ? "top-16 right-4 max-h-[calc(100vh-5rem)]" : "top-[8vh] left-1/2 max-h-[84vh] -translate-x-1/2",
            "animate-overlay rounded-lg border border-line bg-raised shadow-float outline-none",
            WIDTHS[size],
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description && (
                <Radix.Description className="mt-0.5 text-sm text-muted">
                  {description}
                </Radix.Description>
              )}
            </div>
            {dismissable && (
              <Radix.Close asChild>
                <IconButton label="Close" icon={<X />} size="sm" />
              </Radix.Close>
            )}
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-4">{children}</div>
          {footer && (
            <footer className="flex items-center justify-end gap-2 border-t px-5 py-3">{footer}</footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
