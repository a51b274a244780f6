import { Handle, Position } from "@xyflow/react";
import { clsx } from "clsx";

import { ORDER_Y, PORT_ROW, portY } from "@/graph/geometry";
import type { InputPort, OutputPort } from "@/graph/types";

import { ORDER_HANDLE } from "./flow";
import { type Marks, useMarks } from "./marks";
import { portClass } from "./portColors";

/** Places inside the card count from the inside of its border. */
const BORDER = 1;

type Fit = "idle" | "start" | "yes" | "no";

/** How a port stands to the wire that is being drawn. */
function fitOf({ wire }: Marks, node: string, side: "in" | "out", port: string | null): Fit {
  if (!wire) return "idle";
  const { start, guide } = wire;
  if (start.node === node && start.side === side && start.port === port) return "start";
  return guide({ node, side, port }).ok ? "yes" : "no";
}

export interface PortRowProps {
  node: string;
  side: "in" | "out";
  port: InputPort | OutputPort;
  row: number;
  joined: boolean;
  editable: boolean;
}

/** One port: its handle on the edge of the card and its name beside it. */
export function PortRow({ node, side, port, row, joined, editable }: PortRowProps) {
  const fit = useMarks((marks) => fitOf(marks, node, side, port.name));
  const required = "required" in port && port.required;
  const many = "multiple" in port && port.multiple;
  const facts = [port.type, many && "several", "required" in port && !required && "optional"];
  const described = `${port.name}: ${facts.filter(Boolean).join(", ")}`;
  return (
    <>
      <Handle
        id={port.name}
        type={side === "in" ? "target" : "source"}
        position={side === "in" ? Position.Left : Position.Right}
        isConnectable={editable}
        data-port={port.name}
        data-side={side}
        data-fit={fit}
        className={`pk-handle ${portClass(port.type)}`}
        data-joined={joined || undefined}
        style={{ top: portY(row) - BORDER }}
        title={port.help ? `${described}\n${port.help}` : described}
      />
      <span
        className={clsx(
          "pointer-events-none absolute flex max-w-[calc(50%-14px)] items-center gap-1 text-2xs text-muted",
          side === "in" ? "left-3" : "right-3 justify-end text-right",
          fit === "no" && "opacity-40",
          fit === "yes" && "font-semibold text-ink",
        )}
        style={{ top: portY(row) - BORDER - PORT_ROW / 2, height: PORT_ROW }}
      >
        <span className="truncate">{port.name}</span>
        {required && !joined && (
          <span className="text-danger" aria-label="required">
            *
          </span>
        )}
      </span>
    </>
  );
}

/** The handle for edges that say only "after that one". */
export function OrderHandle({ node, side, joined, editable }: Omit<PortRowProps, "port" | "row">) {
  const fit = useMarks((marks) => fitOf(marks, node, side, null));
  return (
    <Handle
      id={ORDER_HANDLE}
      type={side === "in" ? "target" : "source"}
      position={side === "in" ? Position.Left : Position.Right}
      isConnectable={editable}
      data-port={ORDER_HANDLE}
      data-side={side}
      data-fit={fit}
      data-joined={joined || undefined}
      className="pk-handle pk-order"
      style={{ top: ORDER_Y - BORDER }}
      title={side === "in" ? "Order: run after another node" : "Order: run another node after this"}
    />
  );
}
