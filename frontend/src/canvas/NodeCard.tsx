import type { NodeProps } from "@xyflow/react";
import { clsx } from "clsx";
import { CircleAlert } from "lucide-react";
import { memo } from "react";

import { parseRef, refOf, shownName } from "@/graph/catalog";
import { HEADER_HEIGHT, nodeSize } from "@/graph/geometry";
import { stateLook, Ticks, Tooltip } from "@/ui";

import { ComponentIcon } from "./ComponentIcon";
import { type CardNode, isJoined, ORDER_HANDLE } from "./flow";
import { ChangeMark, FateMark } from "./FateMark";
import { useMarks } from "./marks";
import { NodeState, NodeTime, Progress } from "./NodeState";
import { PatternMarks } from "./PatternMarks";
import { OrderHandle, PortRow } from "./PortRow";
import { CHANGES, FATES } from "./status";

/** States whose reason one would ask for at once: it stands in place of the id. */
const TELLS_WHY: ReadonlySet<string> = new Set(["queued", "skipped", "waiting"]);

/** `core` of `core/sql@1`; `pipeline` of a sub-pipeline. */
function namespaceOf(ref: string): string {
  return parseRef(ref).name.split(/[/:]/)[0] ?? "";
}

/** One node: what it is, its ports, how it fares, what is wrong with it. */
export const NodeCard = memo(function NodeCard({ id, data, selected }: NodeProps<CardNode>) {
  const { node, spec, ports, joined, editable } = data;
  const status = useMarks((marks) => marks.states.get(id));
  const problems = useMarks((marks) => marks.problems.get(id));
  const target = useMarks((marks) => marks.dropTarget === id);
  const fate = useMarks((marks) => marks.fates.get(id));
  const change = useMarks((marks) => marks.changes.get(id));
  const far = useMarks((marks) => marks.far);
  const ref = refOf(node);
  const name = shownName(ref);
  const title = node.title || spec?.title || name || id;
  const subtitle = node.title && spec?.title ? `${spec.title} · ${id}` : id;
  const told = status && TELLS_WHY.has(status.state) ? status.reason : "";
  const faded = change === "removed" || fate === "leave" || status?.state === "skipped" || status?.state === "cancelled";
  // One colour alone: of two border classes it is the stylesheet's order that wins.
  const started = status && status.state !== "pending";
  const border = change
    ? CHANGES[change].border
    : fate
    ? FATES[fate].border
    : started
    ? stateLook(status.state).border
    : !spec || (problems && !status)
      ? "border-danger"
      : node.on_exit
        ? "border-muted"
        : "border-line-strong";
  if (far) {
    return (
      <div
        data-node-id={id}
        data-state={status?.state}
        data-fate={fate}
        data-change={change}
        style={nodeSize(ports)}
        className={clsx(
          "rounded-lg border-4",
          border,
          status ? stateLook(status.state).fill : "bg-surface",
          selected && "outline-8 outline-accent",
        )}
      />
    );
  }
  return (
    <div
      data-node-id={id}
      data-state={status?.state}
      data-fate={fate}
      data-change={change}
      data-selected={selected || undefined}
      style={nodeSize(ports)}
      className={clsx(
        "group/node relative rounded-lg border bg-surface shadow-card transition-[box-shadow,border-color] duration-100",
        border,
        (!spec || node.on_exit || change === "removed") && "border-dashed",
        change && "border-2",
        node.map && "pk-stack",
        (selected || target) && "ring-2 ring-accent",
        target && "bg-accent-soft",
      )}
    >
      <header
        className={clsx("flex items-center gap-2 pr-3 pl-3", faded && "opacity-60")}
        style={{ height: HEADER_HEIGHT }}
      >
        <ComponentIcon icon={spec?.icon ?? "box"} namespace={namespaceOf(ref)} />
        <div className="min-w-0 flex-1">
          <div className="flex items-center gap-2">
            <div className="min-w-0 flex-1 truncate text-sm leading-[1.1rem] font-semibold" title={title}>
              {title}
            </div>
            {status && <NodeState status={status} />}
          </div>
          <div className="flex gap-2 text-2xs">
            <div
              className={clsx("min-w-0 flex-1 truncate", told ? "text-muted" : "text-faint")}
              title={told || `${ref}\n${subtitle}`}
            >
              {told ? (
                <Ticks text={told} />
              ) : spec ? (
                subtitle
              ) : (
                `${name || "no component"} is not in the catalog`
              )}
            </div>
            {status && <NodeTime status={status} />}
          </div>
        </div>
      </header>
      {fate && <FateMark fate={fate} />}
      {change && <ChangeMark change={change} />}
      <PatternMarks node={node} status={status} behindFate={fate !== undefined || change !== undefined} />
      {problems && (
        <Tooltip label={problems.map(({ message }) => message).join("\n")} side="top">
          <span
            data-testid="node-problem"
            className="absolute -top-2 -right-2 flex h-4.5 min-w-4.5 items-center justify-center rounded-full bg-surface text-danger"
          >
            <CircleAlert className="size-4.5" aria-hidden />
            <span className="sr-only">
              {problems.length === 1 ? "1 problem" : `${problems.length} problems`}
            </span>
          </span>
        </Tooltip>
      )}
      {ports && (ports.inputs.length > 0 || ports.outputs.length > 0) && (
        <div className="absolute inset-x-0 border-t" style={{ top: HEADER_HEIGHT }} />
      )}
      {(["in", "out"] as const).map((side) => (
        <OrderHandle key={side} {...{ node: id, side, editable }} joined={isJoined(joined, side, ORDER_HANDLE)} />
      ))}
      {ports?.inputs.map((port, row) => (
        <PortRow
          key={port.name}
          {...{ node: id, side: "in", port, row, editable }}
          joined={isJoined(joined, "in", port.name)}
        />
      ))}
      {ports?.outputs.map((port, row) => (
        <PortRow
          key={port.name}
          {...{ node: id, side: "out", port, row, editable }}
          joined={isJoined(joined, "out", port.name)}
        />
      ))}
      {status && <Progress status={status} />}
    </div>
  );
});
