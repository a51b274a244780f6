/** Key combinations as text, `Mod+Shift+Z`, where Mod is Ctrl, or Command on a Mac. */

interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** Whether an event is this combination. `?` and other signs are what the layout makes of keys. */
export function matches(combination: string, event: Pressed): boolean {
  const parts = combination.split("+");
  const key = parts.pop() as string;
  const wants = (modifier: string): boolean => parts.includes(modifier);
  const sign = key.length === 1 && !/[A-Za-z0-9]/.test(key);
  return (
    (event.ctrlKey || event.metaKey) === wants("Mod") &&
    event.altKey === wants("Alt") &&
    (sign || event.shiftKey === wants("Shift")) &&
    keyOf(event, key)
  );
}

/** Alt changes what a letter types on some keyboards; the place of the key then decides. */
function keyOf(event: Pressed, key: string): boolean {
  if (event.key.toLowerCase() === key.toLowerCase()) return true;
  return event.altKey && /^[A-Z]$/.test(key) && event.code === `Key${key}`;
}

const TYPING = "input, textarea, select, [contenteditable]:not([contenteditable='false']), .cm-editor";
const ELSEWHERE = "[role='dialog'], [role='menu'], [role='listbox']";

/** Whether keys pressed here are text, or belong to something that lies over the page. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(`${TYPING}, ${ELSEWHERE}`) !== null;
}

/** Whether a dialog, a menu or a list has the keyboard. */
export function isElsewhere(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(ELSEWHERE) !== null;
}

/** Whether the canvas has the focus: it, something on it, or nothing in particular. */
export function isOnCanvas(target: EventTarget | null): boolean {
  return target instanceof Element && (target.matches("body, main") || target.closest("[data-canvas]") !== null);
}
