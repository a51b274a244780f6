import type { NodeDef, Resources } from "@/graph/types";
import { Field } from "@/ui";

import { toNumber } from "./number";
import { TextField } from "./TextField";
import type { NodeEdits } from "./useNodeEdits";

export interface PlaceFieldsProps {
  node: NodeDef;
  trouble: (field: string) => string | undefined;
  setOption: NodeEdits["setOption"];
}

/** With what, where and in which order the node runs. */
export function PlaceFields({ node, trouble, setOption }: PlaceFieldsProps) {
  const setResource = (name: keyof Resources, value: unknown): void => {
    const next = Object.entries({ ...node.resources, [name]: value }).filter(([, each]) => each !== undefined);
    setOption("resources", next.length > 0 ? Object.fromEntries(next) : undefined, `change ${name} of ${node.id}`);
  };
  return (
    <>
      <div className="grid grid-cols-3 gap-2">
        <div data-path="resources.cpu">
          <Field label="Cores" error={trouble("resources.cpu")}>
            {(control) => (
              <TextField
                {...control}
                inputMode="decimal"
                placeholder="one slot"
                value={String(node.resources?.cpu ?? "")}
                onCommit={(text) => setResource("cpu", toNumber(text))}
              />
            )}
          </Field>
        </div>
        <div data-path="resources.memory">
          <Field label="Memory" error={trouble("resources.memory")}>
            {(control) => (
              <TextField
                {...control}
                placeholder="no limit"
                value={String(node.resources?.memory ?? "")}
                onCommit={(text) => setResource("memory", text.trim() || undefined)}
              />
            )}
          </Field>
        </div>
        <div data-path="resources.gpu">
          <Field label="GPUs" error={trouble("resources.gpu")}>
            {(control) => (
              <TextField
                {...control}
                inputMode="numeric"
                placeholder="none"
                value={String(node.resources?.gpu || "")}
                onCommit={(text) => setResource("gpu", toNumber(text) || undefined)}
              />
            )}
          </Field>
        </div>
      </div>
      <p className="-mt-2 text-xs text-muted">
        Cores such as 2 or 0.5, memory such as 512Mi or 4Gi. It starts where that much is free, and gets no more.
      </p>
      <div data-path="queue">
        <Field label="Queue" help="Workers that serve this queue take the node." error={trouble("queue")}>
          {(control) => (
            <TextField
              {...control}
              value={node.queue ?? ""}
              placeholder="default"
              onCommit={(text) => setOption("queue", text.trim() || undefined)}
            />
          )}
        </Field>
      </div>
      <div className="grid grid-cols-2 items-start gap-2">
        <div data-path="pool">
          <Field label="Pool" help="Shares its slots with all runs." error={trouble("pool")}>
            {(control) => (
              <TextField
                {...control}
                value={node.pool ?? ""}
                placeholder="none"
                onCommit={(text) => setOption("pool", text.trim() || undefined)}
              />
            )}
          </Field>
        </div>
        <div data-path="priority">
          <Field label="Priority" help="-100 to 100; higher goes first." error={trouble("priority")}>
            {(control) => (
              <TextField
                {...control}
                value={String(node.priority || "")}
                placeholder="0"
                onCommit={(text) => setOption("priority", toNumber(text) || undefined)}
              />
            )}
          </Field>
        </div>
      </div>
    </>
  );
}
