import { clsx } from "clsx";
import { setTheme, THEMES, useTheme } from "@/ui/theme";

export function ThemeChoice() {
  const theme = useTheme();
  return (
    <fieldset className="flex gap-2">
      <legend className="sr-only">Theme</legend>
      {THEMES.map(({ id, label, icon: Icon }) => (
        <label
          key={id}
          className={clsx(
            "flex cursor-pointer items-center gap-2 rounded-md border px-3 py-1.5 has-focus-visible:outline-2 has-focus-visible:outline-accent",
            theme === id ? "border-accent bg-accent-soft" : "hover:bg-hover",
          )}
        >
          <input type="radio" name="theme" value={id} checked={theme === id} onChange={() => setTheme(id)} className="sr-only" />
          <Icon className="size-4" aria-hidden />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
