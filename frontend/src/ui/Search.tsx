import { clsx } from "clsx";
import { Search as Glass } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Input } from "./Field";

export interface SearchProps {
  label: string;
  value: string;
  /** Told a moment after the last key. */
  onChange: (text: string) => void;
  className?: string;
  autoFocus?: boolean;
}

/** A search field that waits for a pause in the typing. */
export function Search({ label, value, onChange, className, autoFocus }: SearchProps) {
  const [typed, setTyped] = useState(value);
  const told = useRef(value);
  const tell = useRef(onChange);
  tell.current = onChange;

  useEffect(() => {
    if (value === told.current) return;
    told.current = value; // Changed from outside: the back button, a link.
    setTyped(value);
  }, [value]);

  useEffect(() => {
    if (typed === told.current) return;
    const timer = setTimeout(() => {
      told.current = typed;
      tell.current(typed);
    }, 200);
    return () => clearTimeout(timer);
  }, [typed]);

  return (
    <div className={clsx("relative", className)}>
      <Glass className="pointer-events-none absolute top-2 left-2 size-4 text-faint" aria-hidden />
      <Input
        type="search"
        aria-label={label}
        placeholder={label}
        autoFocus={autoFocus}
        className="pl-8"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  );
}
