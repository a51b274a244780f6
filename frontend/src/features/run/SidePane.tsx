import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from "react";

const LEAST = 320;

function stored(key: string, first: number): number {
  const width = Number(localStorage.getItem(key));
  return Number.isFinite(width) && width >= LEAST ? width : first;
}

const most = () => Math.max(LEAST, window.innerWidth - 360);

export interface SidePaneProps {
  label: string;
  /** Where the browser remembers the width. */
  storageKey?: string;
  /** How wide it is until somebody drags it. */
  first?: number;
  children: ReactNode;
}

/** A pane beside the content, as wide as one drags it; arrows move its edge too. */
export function SidePane({ label, storageKey = "penstock-drawer-width", first = 480, children }: SidePaneProps) {
  const [width, setWidth] = useState(() => stored(storageKey, first));
  const clamp = (value: number) => Math.round(Math.min(most(), Math.max(LEAST, value)));

  function resize(next: number): void {
    const value = clamp(next);
    setWidth(value);
    localStorage.setItem(storageKey, String(value));
  }

  function drag(event: PointerEvent<HTMLDivElement>): void {
    const handle = event.currentTarget;
    const from = event.clientX;
    const before = width;
    handle.setPointerCapture(event.pointerId);
    const move = (at: globalThis.PointerEvent) => resize(before + from - at.clientX);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key === "ArrowLeft") resize(width + 24);
    else if (event.key === "ArrowRight") resize(width - 24);
    else return;
    event.preventDefault();
  }

  return (
    <>
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={`Width of ${label}`}
        aria-valuenow={width}
        aria-valuemin={LEAST}
        aria-valuemax={most()}
        tabIndex={0}
        onPointerDown={drag}
        onKeyDown={onKey}
        className="w-1 shrink-0 cursor-col-resize touch-none border-l bg-surface hover:bg-accent/40 focus-visible:bg-accent/40"
      />
      <div className="min-w-0 shrink-0" style={{ width: clamp(width) }}>
        {children}
      </div>
    </>
  );
}
