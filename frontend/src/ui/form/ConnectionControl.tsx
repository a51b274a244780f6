import { Select } from "../Select";
import { type ControlProps, useFormSettings } from "./context";

const NONE = { value: "", label: <span className="text-muted">None</span> };

/** A connection of the team by its name, of the types that fit. */
export function ConnectionControl({ schema, value, onChange, control, disabled }: ControlProps) {
  const { connections = [] } = useFormSettings();
  const types = schema["x-connection-types"] ?? [];
  const fitting = connections.filter(({ type }) => types.length === 0 || types.includes(type));
  const chosen = typeof value === "string" ? value : "";
  const known = chosen === "" || fitting.some(({ name }) => name === chosen);
  return (
    <Select
      {...control}
      value={chosen}
      options={[
        NONE,
        ...(known ? [] : [{ value: chosen, label: `${chosen} (not there)` }]),
        ...fitting.map(({ name, type }) => ({
          value: name,
          label: (
            <>
              <code>{name}</code> <span className="text-muted">{type}</span>
            </>
          ),
        })),
      ]}
      disabled={disabled}
      onValueChange={(name) => onChange(name || undefined)}
    />
  );
}
