import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { clsx } from "clsx";
import { Plus, X } from "lucide-react";
import { createContext, memo, useContext } from "react";

import { handlePort, type LinkEdge } from "./flow";
import { type Marks, useMarks } from "./marks";
import { labelPoint } from "./labelPoint";
import { portColor } from "./portColors";
import { CHANGES } from "./status";

/** How the data on an edge fares: has it come, is it being used, will it never come? */
type Flow = "idle" | "done" | "active" | "failed" | "dead";

function flowOf({ states }: Marks, source: string, target: string, branch: string | null): Flow {
  const giver = states.get(source);
  const from = giver?.state;
  if (from === "failed") return "failed";
  if (from === "running") return "active";
  if (from === "skipped" || from === "cancelled") return "dead";
  if (from !== "success") return "idle";
  if (branch !== null && giver?.taken && !giver.taken.includes(branch)) return "dead";
  return states.get(target)?.state === "running" ? "active" : "done";
}

const STROKES: Record<Flow, string> = {
  idle: "var(--color-line-strong)",
  done: "var(--color-success)",
  active: "var(--color-info)",
  failed: "var(--color-danger)",
  dead: "var(--color-line-strong)",
};

export interface EdgeTools {
  remove: (key: string) => void;
  /** Asks for a node to put into the edge, near this place of the window. */
  insert: (key: string, client: { x: number; y: number }) => void;
}

/** What can be done to an edge, by its key; absent where the graph is only shown. */
export const EdgeToolsContext = createContext<EdgeTools | null>(null);

/** An edge: solid for data in its type's colour when chosen, dashed for order alone. */
export const Link = memo(function Link(props: EdgeProps<LinkEdge>) {
  const { id, source, target, data, selected, sourceHandleId } = props;
  const [path, middleX, middleY] = getBezierPath(props);
  const branch = data?.branch ?? null;
  const far = useMarks((marks) => marks.far);
  const flow = useMarks((marks) => flowOf(marks, source, target, branch));
  const port = handlePort(sourceHandleId);
  const fact = useMarks((marks) => (port === null || !marks.near ? undefined : marks.states.get(source)?.outputs?.[port]));
  const problem = useMarks((marks) => marks.edgeProblems.get(id)?.[0]?.message);
  const change = useMarks((marks) => marks.changes.get(id));
  const awaited = useMarks((marks) => marks.dropEdge === id);
  const tools = useContext(EdgeToolsContext);
  const type = data?.type ?? null;
  const removable = selected && data?.editable && tools;
  const [labelX, labelY] = removable ? [middleX, middleY] : labelPoint(props, [middleX, middleY]);
  const stroke = awaited
    ? "var(--color-accent)"
    : change
    ? CHANGES[change].stroke
    : problem
    ? "var(--color-danger)"
    : selected
      ? type ? portColor(type) : "var(--color-ink)"
      : STROKES[flow];
  return (
    <>
      <BaseEdge
        path={path}
        interactionWidth={far ? 0 : 18}
        className={clsx(flow === "active" && "pk-flowing")}
        style={{
          stroke,
          strokeWidth: awaited ? 5 : far ? 4 : selected || change ? 2.5 : 1.75,
          opacity: flow === "dead" && !selected ? 0.5 : undefined,
          strokeDasharray: type === null || change === "removed" ? "5 5" : flow === "active" ? "7 5" : undefined,
        }}
      />
      {problem && <title>{problem}</title>}
      {removable || fact || (branch !== null && !far) ? (
        <EdgeLabelRenderer>
          <div
            className="nodrag nopan pointer-events-auto absolute flex items-center gap-1"
            style={{
              transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)`,
              zIndex: selected ? 1001 : undefined,
            }}
          >
            {branch !== null && (
              <span
                data-testid="branch-label"
                className={clsx(
                  "rounded-full border border-line-strong bg-surface px-1.5 text-2xs font-medium",
                  flow === "dead" ? "text-faint line-through" : "text-ink",
                )}
              >
                {branch}
              </span>
            )}
            {fact && (
              <span className="rounded-full border bg-surface px-1.5 text-2xs text-muted tabular-nums">{fact}</span>
            )}
            {removable && (
              <>
                <button
                  type="button"
                  aria-label={`Insert a node into ${id}`}
                  title="Insert a node (N)"
                  onClick={({ clientX, clientY }) => tools.insert(id, { x: clientX, y: clientY })}
                  className="flex size-5 items-center justify-center rounded-full border bg-surface text-muted shadow-card hover:border-accent hover:text-accent"
                >
                  <Plus className="size-3" aria-hidden />
                </button>
                <button
                  type="button"
                  aria-label={`Remove the edge ${id}`}
                  title="Remove (Delete)"
                  onClick={() => tools.remove(id)}
                  className="flex size-5 items-center justify-center rounded-full border bg-surface text-muted shadow-card hover:border-danger hover:text-danger"
                >
                  <X className="size-3" aria-hidden />
                </button>
              </>
            )}
          </div>
        </EdgeLabelRenderer>
      ) : null}
    </>
  );
});
