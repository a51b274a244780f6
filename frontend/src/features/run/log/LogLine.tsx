import { clsx } from "clsx";
import { memo, type ReactNode } from "react";

/** A line longer than this is shown cut; the download has all of it. */
const LONGEST = 4_000;

interface LogLineProps {
  number: number;
  text: string;
  top: number;
  search: string;
  current: boolean;
}

export const LogLine = memo(function LogLine({ number, text, top, search, current }: LogLineProps) {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more characters)` : text;
  return (
    <div
      className={clsx("absolute left-0 flex min-w-full pr-3 whitespace-pre", current && "bg-warning-soft")}
      style={{ transform: `translateY(${top}px)`, height: 18 }}
    >
      <span className="sticky left-0 w-14 shrink-0 bg-inset pr-3 text-right text-faint tabular-nums select-none" aria-hidden>
        {number}
      </span>
      <span>{marked(shown, search.trim())}</span>
    </div>
  );
});

function marked(text: string, search: string): ReactNode {
  if (!search) return text;
  const parts: ReactNode[] = [];
  const lower = text.toLowerCase();
  const wanted = search.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(
      text.slice(from, at),
      <mark key={at} className="rounded-sm bg-warning text-surface">
        {text.slice(at, at + wanted.length)}
      </mark>,
    );
    from = at + wanted.length;
  }
  parts.push(text.slice(from));
  return parts;
}
