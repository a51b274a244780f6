import { useMemo } from "react";

import type { NodeOption } from "@/document";
import type { NodeDef } from "@/graph/types";
import { toast } from "@/ui";

import { useEditor } from "../context";

export interface NodeEdits {
  setParam(name: string, value: unknown): void;
  setParams(params: NodeDef["params"], label: string): void;
  setOption(option: NodeOption, value: unknown, label?: string): void;
  /** Whether the id was changed; tells why not. */
  rename(to: string): boolean;
}

/** Changes to one node; typing in one field is one step of undo. */
export function useNodeEdits(node: string): NodeEdits {
  const { store } = useEditor();
  return useMemo<NodeEdits>(() => {
    const { perform } = store.getState();
    return {
      setParam: (name, value) =>
        perform({
          edit: { kind: "setParam", node, name, value },
          label: `change ${name} of ${node}`,
          merge: `param ${node} ${name}`,
        }),
      setParams: (params, label) => perform({ edit: { kind: "setParams", node, params }, label }),
      setOption: (option, value, label = `change ${option} of ${node}`) =>
        perform({
          edit: { kind: "setOption", node, option, value },
          label,
          merge: `option ${node} ${option}`,
        }),
      rename: (to) => {
        const refused = perform({ edit: { kind: "rename", from: node, to }, label: `rename ${node} to ${to}` });
        if (refused) toast({ tone: "error", title: "The id stays as it is", description: refused });
        return refused === null;
      },
    };
  }, [store, node]);
}
