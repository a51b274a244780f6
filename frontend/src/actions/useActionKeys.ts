import { useEffect } from "react";

import type { ActionContext } from "./action";
import { ACTIONS } from "./actions";
import { isElsewhere, isOnCanvas, isTyping, matches } from "./keys";
import { copied, paste, removeSelected } from "./selectionActions";

/** The browser's own clipboard events do these: they work without asking for permission. */
const BY_CLIPBOARD = new Set(["cut", "copy", "paste"]);

/** Listens to the keyboard and the clipboard for as long as the editor is open. */
export function useActionKeys(context: ActionContext): void {
  useEffect(() => {
    /** Before the field that has the focus hears of it: a code editor has a use for Ctrl+Enter. */
    const onKeyDownFirst = (event: KeyboardEvent): void => {
      if (isElsewhere(event.target)) return;
      const action = actionOf(event);
      if (action?.scope !== "always") return;
      event.preventDefault();
      event.stopPropagation();
      finishTyping(event.target);
      if (action.enabled(context)) action.perform(context);
    };

    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isTyping(event.target)) return;
      const action = actionOf(event);
      if (!action || action.scope === "always" || BY_CLIPBOARD.has(action.id)) return;
      if (action.scope === "canvas" && !isOnCanvas(event.target)) return;
      event.preventDefault();
      if (action.enabled(context)) action.perform(context);
    };

    const onCopy = (event: ClipboardEvent): void => {
      const cut = event.type === "cut";
      if (cut && !context.store.getState().editable) return;
      if (isTyping(event.target) || !isOnCanvas(event.target) || hasSelectedText()) return;
      const text = copied(context);
      if (text === null) return;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
      if (cut) removeSelected(context);
    };

    const onPaste = (event: ClipboardEvent): void => {
      if (isTyping(event.target) || !isOnCanvas(event.target)) return;
      const text = event.clipboardData?.getData("text/plain");
      if (!text || !context.store.getState().editable) return;
      event.preventDefault();
      paste(context, text);
    };

    window.addEventListener("keydown", onKeyDownFirst, { capture: true });
    window.addEventListener("keydown", onKeyDown);
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("keydown", onKeyDownFirst, { capture: true });
      window.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, [context]);
}

function actionOf(event: KeyboardEvent) {
  return ACTIONS.find(({ keys }) => keys.some((combination) => matches(combination, event)));
}

/** Some fields hand their text over when they are left; the cursor stays where it is. */
function finishTyping(target: EventTarget | null): void {
  if (!(target instanceof HTMLElement) || !isTyping(target)) return;
  target.blur();
  target.focus({ preventScroll: true });
}

function hasSelectedText(): boolean {
  return !(window.getSelection()?.isCollapsed ?? true);
}
