import { useMemo, useRef } from "react";

import type { Run, RunNode } from "@/api/types";
import type { NodeStatus } from "@/canvas";
import { toStatus } from "@/features/run/status";

/** Each node's state in a run. Nodes that did not change keep their status object. */
export function useRunStates(run: Run | undefined): ReadonlyMap<string, NodeStatus> | undefined {
  const kept = useRef(new WeakMap<RunNode, NodeStatus>());
  const nodes = run?.nodes;
  return useMemo(() => {
    if (!nodes) return undefined;
    return new Map(
      nodes.map((node) => {
        const status = kept.current.get(node) ?? toStatus(node);
        kept.current.set(node, status);
        return [node.id, status];
      }),
    );
  }, [nodes]);
}
