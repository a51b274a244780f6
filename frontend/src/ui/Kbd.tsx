const APPLE = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);
const SIGNS: Record<string, string> = { ctrl: "⌘", mod: "⌘", alt: "⌥", shift: "⇧", enter: "↩" };

/** `Ctrl+Shift+Z` as the keyboard at hand writes it. */
export function keysText(keys: string): string {
  if (!APPLE) return keys.replace(/\bMod\b/g, "Ctrl");
  return keys
    .split("+")
    .map((key) => SIGNS[key.toLowerCase()] ?? key)
    .join("");
}

export function Kbd({ keys }: { keys: string }) {
  return (
    <kbd className="rounded-sm border border-line-strong bg-inset px-1 font-sans text-2xs text-muted">
      {keysText(keys)}
    </kbd>
  );
}
