import { useDocument } from "@/document";
import { ENGINE_KINDS } from "@/graph/interface";
import type { ComponentSpec, MapDef, NodeDef } from "@/graph/types";
import { Field, Select } from "@/ui";

import { toNumber } from "./number";
import { TextField } from "./TextField";
import type { NodeEdits } from "./useNodeEdits";

export interface MapFieldsProps {
  node: NodeDef;
  spec: ComponentSpec | undefined;
  trouble: (field: string) => string | undefined;
  setOption: NodeEdits["setOption"];
}

/** Whether the node runs once for each element of a list, and of which. */
export function MapFields({ node, spec, trouble, setOption }: MapFieldsProps) {
  const editable = useDocument((state) => state.editable);
  const { map } = node;
  if (!map && (!spec || ENGINE_KINDS.has(spec.kind) || node.loop)) return null;
  const set = (change: Partial<MapDef>): void => {
    const next = Object.entries({ ...map, ...change }).filter(([, value]) => value !== undefined);
    setOption("map", Object.fromEntries(next), `change how ${node.id} maps`);
  };
  return (
    <div data-path="map" className="flex flex-col gap-3">
      <div data-path="map.over">
        <Field
          label="Runs for each element of"
          help={
            map
              ? "It gets one element in place of the list, and every output becomes a list."
              : "A list that is known only when the run gets here: the node then runs once for each of its elements."
          }
          error={trouble("map.over") ?? trouble("map")}
        >
          {(control) => (
            <Select
              {...control}
              disabled={!editable}
              value={map?.over ?? ""}
              options={[{ value: "", label: "Nothing: it runs once" }, ...listsOf(node, spec)]}
              onValueChange={(over) => (over ? set({ over }) : setOption("map", undefined, `run ${node.id} once`))}
            />
          )}
        </Field>
      </div>
      {map && (
        <div className="grid grid-cols-2 items-start gap-2">
          <div data-path="map.max_parallel">
            <Field label="At the same time" help="Elements at once." error={trouble("map.max_parallel")}>
              {(control) => (
                <TextField
                  {...control}
                  inputMode="numeric"
                  placeholder="no limit"
                  value={String(map.max_parallel ?? "")}
                  onCommit={(text) => set({ max_parallel: toNumber(text) as number | undefined })}
                />
              )}
            </Field>
          </div>
          <div data-path="map.allow_failures">
            <Field label="May fail" help="How many, such as 3 or 10%." error={trouble("map.allow_failures")}>
              {(control) => (
                <TextField
                  {...control}
                  placeholder="none"
                  value={String(map.allow_failures || "")}
                  onCommit={(text) => set({ allow_failures: toNumber(text) })}
                />
              )}
            </Field>
          </div>
        </div>
      )}
    </div>
  );
}

/** What can take a list: inputs that take one edge, and the settings. */
function listsOf({ map }: NodeDef, spec: ComponentSpec | undefined): { value: string; label: string }[] {
  const inputs = (spec?.inputs ?? []).filter(({ multiple }) => !multiple);
  const found = [
    ...inputs.map(({ name }) => ({ value: name, label: `${name} (input)` })),
    ...Object.entries(spec?.parameters.properties ?? {}).map(([name, { title }]) => ({
      value: name,
      label: `${title || name} (setting)`,
    })),
  ];
  const known = !map || found.some(({ value }) => value === map.over);
  return known ? found : [...found, { value: map.over, label: `${map.over} (not there)` }];
}
