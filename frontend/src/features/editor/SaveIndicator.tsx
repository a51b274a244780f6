import { Check, CloudAlert, CloudOff, LoaderCircle } from "lucide-react";
import { useSyncExternalStore } from "react";

import { session } from "@/api/session";
import { type SaveState, useDocument } from "@/document";
import { formatRelative, Tooltip, useNow } from "@/ui";

import { useEditor } from "./context";

interface Look {
  icon: typeof Check;
  text: string;
  more: string;
  tone: string;
}

const KEPT = "Your edits are kept in this browser.";
const NOT_KEPT = "This browser has no room to keep them: leave the page open.";

function lookOf(save: SaveState, now: number, signedOut: boolean): Look {
  if (signedOut && save.kind !== "saved") {
    return { icon: CloudAlert, text: "Signed out", more: `${KEPT} Sign in again to save them.`, tone: "text-warning" };
  }
  switch (save.kind) {
    case "saved":
      return { icon: Check, text: "Saved", more: `Saved ${formatRelative(save.at, Date.now())}`, tone: "text-faint" };
    case "unsaved":
    case "saving":
      return { icon: LoaderCircle, text: "Saving…", more: "Saves by itself", tone: "text-faint" };
    case "retrying": {
      const seconds = Math.max(0, Math.ceil((save.at - now) / 1000));
      const again = seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again now.";
      return {
        icon: CloudOff,
        text: "Not saved yet",
        more: `${save.message} ${save.kept ? KEPT : NOT_KEPT} ${again}`,
        tone: "text-warning",
      };
    }
    case "refused":
      return {
        icon: CloudAlert,
        text: "Not saved",
        more: `${save.message} ${save.kept ? KEPT : NOT_KEPT}`,
        tone: "text-danger",
      };
    case "stale":
      return { icon: CloudAlert, text: "Not saved", more: `Somebody else saved first. ${KEPT}`, tone: "text-warning" };
  }
}

/** Whether the draft is safe on the server, in one small line. */
export function SaveIndicator() {
  const { saver } = useEditor();
  const save = useDocument((state) => state.save);
  const signedOut = useSyncExternalStore(session.subscribe, session.isExpired);
  const now = useNow(save.kind === "retrying");
  const { icon: Icon, text, more, tone } = lookOf(save, now || Date.now(), signedOut);
  const spinning = save.kind === "saving" || save.kind === "unsaved";
  return (
    <Tooltip label={more}>
      <button
        type="button"
        data-testid="save-state"
        data-state={save.kind}
        onClick={() => void saver?.flush()}
        className={`flex h-7 items-center gap-1.5 rounded-md px-1.5 text-xs whitespace-nowrap hover:bg-hover ${tone}`}
      >
        <Icon className={`size-3.5 ${spinning && !signedOut ? "animate-spin" : ""}`} aria-hidden />
        <span role="status">{text}</span>
      </button>
    </Tooltip>
  );
}
