import type { Run } from "@/api/types";
import { Button, Notice } from "@/ui";

export interface WaitingNoticeProps {
  run: Run;
  /** The node that is looked at already. */
  shown: string | null;
  onSelect: (node: string) => void;
}

/** Says on the page of a run that a person is asked to decide, and leads there. */
export function WaitingNotice({ run, shown, onSelect }: WaitingNoticeProps) {
  if (!run.node_counts.waiting) return null;
  const asking = run.nodes.filter(({ state, kind, id }) => state === "waiting" && kind === "approval" && id !== shown);
  const [first] = asking;
  if (!first) return null;
  return (
    <Notice
      tone="info"
      className="m-3 mb-0"
      title={
        asking.length === 1
          ? `“${first.title || first.id}” waits for a decision`
          : `${asking.length} nodes wait for a decision`
      }
      action={
        <Button size="sm" tone="primary" onClick={() => onSelect(first.id)}>
          Look at it
        </Button>
      }
    />
  );
}
