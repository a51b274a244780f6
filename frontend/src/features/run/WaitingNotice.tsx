import { Link } from "react-router";
import { useApprovals } from "@/api/hooks";
import type { Run } from "@/api/types";
import { Button, buttonClass, Notice } from "@/ui";

export interface WaitingNoticeProps {
  run: Run;
  /** The node that is looked at already. */
  shown: string | null;
  onSelect: (node: string) => void;
}

/** Child runs have events of their own, which do not come here: they are asked for again. */
const LOOK_AGAIN = 3_000;

/** Says beside a run that a person is asked to decide, in it or deep inside, and leads there. */
export function WaitingNotice({ run, shown, onSelect }: WaitingNoticeProps) {
  const here = run.nodes.filter(({ state, kind }) => state === "waiting" && kind === "approval");
  const inside = run.nodes.some(({ state, phase }) => state === "running" && (phase === "child" || phase === "items"));
  const { data } = useApprovals({ run: run.id, page_size: 1 }, inside ? LOOK_AGAIN : null);
  const [first] = here.filter(({ id }) => id !== shown);
  if (first) {
    return (
      <Asking name={first.title || first.id} count={here.length}>
        <Button size="sm" tone="primary" onClick={() => onSelect(first.id)}>
          Look at it
        </Button>
      </Asking>
    );
  }
  const [deep] = data?.results ?? [];
  if (here.length > 0 || !inside || !deep || deep.run.id === run.id) return null;
  return (
    <Asking name={deep.title || deep.node} place={`in ${deep.run.pipeline.name} #${deep.run.number}, inside of this run`} count={data?.count ?? 1}>
      <Link to={`/runs/${deep.run.id}?node=${encodeURIComponent(deep.node)}`} className={buttonClass("primary", "sm")}>
        Look at it
      </Link>
    </Asking>
  );
}

function Asking({ name, place = "", count, children }: { name: string; place?: string; count: number; children: React.ReactNode }) {
  const what = `“${name}” waits for a decision`;
  return (
    <Notice
      tone="info"
      className="m-3 mb-0"
      title={count === 1 ? [what, place].filter(Boolean).join(", ") : `${count} nodes wait for a decision; first “${name}”${place && `, ${place}`}`}
      action={children}
    />
  );
}
