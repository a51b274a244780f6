import type { Saving } from "./useComponentDraft";

const WORDS: Record<Saving["kind"], string> = {
  saved: "Saved",
  waiting: "Saving…",
  saving: "Saving…",
  failed: "Not saved",
  stale: "Not saved",
};

export function SavedWord({ saving }: { saving: Saving }) {
  const bad = saving.kind === "failed" || saving.kind === "stale";
  return (
    <span role="status" data-testid="component-saved" className={`text-xs ${bad ? "text-danger" : "text-muted"}`}>
      {WORDS[saving.kind]}
    </span>
  );
}
