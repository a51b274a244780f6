import { useMemo, useRef } from "react";
import { toStatus } from "./status";
import type { Run, RunNode } from "@/api/types";
import { GraphView } from "@/canvas/GraphView";
import type { NodeStatus } from "@/canvas/status";

interface RunGraphProps {
  run: Run;
  selected: string | null;
  onSelect: (id: string | null) => void;
}

/** The graph as it was, with each node's state. Nodes that did not change keep their status object. */
export default function RunGraph({ run, selected, onSelect }: RunGraphProps) {
  const kept = useRef(new WeakMap<RunNode, NodeStatus>());
  const states = useMemo(() => {
    const map = new Map<string, NodeStatus>();
    for (const node of run.nodes) {
      let status = kept.current.get(node);
      if (!status) {
        status = toStatus(node);
        kept.current.set(node, status);
      }
      map.set(node.id, status);
    }
    return map;
  }, [run.nodes]);
  return (
    <GraphView
      definition={run.definition}
      components={run.components}
      states={states}
      selected={selected}
      onSelect={onSelect}
      label={`Graph of run ${run.number}`}
    />
  );
}
