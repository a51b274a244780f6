import { X } from "lucide-react";
import { useId, useState } from "react";
import { useMe, usePipelines } from "@/api/hooks";
import type { RunFilters as ApiFilters, RunState } from "@/api/types";
import { Button, IconButton, Input, Select, STATES, Switch } from "@/ui";

const RUN_STATES = ["pending", "running", "success", "failed", "cancelled"] as const;
const NAMES = ["state", "pipeline", "created_by", "created_after", "created_before", "waits_for_approval", "pinned", "version"] as const;
export type FilterValues = Partial<Record<(typeof NAMES)[number], string>>;

export function toQuery({ state, waits_for_approval: waits, pinned, version, ...rest }: FilterValues): ApiFilters {
  return {
    ...rest,
    ...(isRunState(state) ? { state: [state] } : {}),
    ...(waits === "true" ? { waits_for_approval: true } : {}),
    ...(Number(version) > 0 ? { version: Number(version) } : {}),
    ...(pinned === "true" ? { pinned: true } : {}),
  };
}

function isRunState(state: string | undefined): state is RunState {
  return RUN_STATES.some((one) => one === state);
}

export function readFilters(params: URLSearchParams): FilterValues {
  const filters: FilterValues = {};
  for (const name of NAMES) {
    const value = params.get(name);
    if (value) filters[name] = value;
  }
  return filters;
}

export function writeFilters(filters: FilterValues): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of NAMES) {
    const value = filters[name];
    if (value) params.set(name, value);
  }
  return params;
}

/** A moment in the reader's time zone as `datetime-local` wants it, and back to the API's UTC. */
function toLocal(iso: string | undefined): string {
  if (!iso) return "";
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function fromLocal(text: string): string {
  return text ? new Date(text).toISOString() : "";
}

interface RunFiltersProps {
  filters: FilterValues;
  /** Names that stand in the list, offered as one types. */
  people: string[];
  onChange: (next: FilterValues) => void;
}

export function RunFilters({ filters, people, onChange }: RunFiltersProps) {
  const { data: me } = useMe();
  const { data: pipelines } = usePipelines({ page_size: 200 });
  const set = (change: FilterValues) => onChange({ ...filters, ...change });
  const rows = pipelines?.results ?? [];
  const names = rows.map(({ id, name }) => ({ value: id, label: name }));
  if (filters.pipeline && pipelines && !rows.some(({ id }) => id === filters.pipeline))
    names.push({ value: filters.pipeline, label: "Archived pipeline" });
  return (
    <div role="group" aria-label="Filters" className="flex flex-wrap items-end gap-2">
      <Select
        label="State"
        className="w-36"
        value={filters.state ?? ""}
        onValueChange={(state) => set({ state })}
        options={[
          { value: "", label: "Any state" },
          ...RUN_STATES.map((state) => ({ value: state, label: STATES[state].label })),
        ]}
      />
      <Select
        label="Pipeline"
        className="w-56"
        value={filters.pipeline ?? ""}
        onValueChange={(pipeline) => set({ pipeline })}
        options={[{ value: "", label: "Any pipeline" }, ...names]}
      />
      {filters.version && (
        <span className="flex h-8 items-center gap-1 text-xs text-muted">
          of version {filters.version}
          <IconButton label="Runs of every version" size="sm" icon={<X />} onClick={() => set({ version: undefined })} />
        </span>
      )}
      <Who
        key={filters.created_by ?? ""}
        value={filters.created_by ?? ""}
        me={me?.username}
        seen={people}
        onChange={(created_by) => set({ created_by })}
      />
      <label className="flex items-center gap-1.5 text-xs text-muted">
        From
        <Input
          type="datetime-local"
          className="w-48"
          value={toLocal(filters.created_after)}
          onChange={(event) => set({ created_after: fromLocal(event.target.value) })}
        />
      </label>
      <label className="flex items-center gap-1.5 text-xs text-muted">
        to
        <Input
          type="datetime-local"
          className="w-48"
          value={toLocal(filters.created_before)}
          onChange={(event) => set({ created_before: fromLocal(event.target.value) })}
        />
      </label>
      <label className="flex h-8 items-center gap-1.5 text-xs text-muted">
        <Switch
          checked={filters.waits_for_approval === "true"}
          onCheckedChange={(on) => set({ waits_for_approval: on ? "true" : undefined })}
        />
        Waits for approval
      </label>
      <label className="flex h-8 items-center gap-1.5 text-xs text-muted">
        <Switch checked={filters.pinned === "true"} onCheckedChange={(on) => set({ pinned: on ? "true" : undefined })} />
        Pinned
      </label>
      {Object.values(filters).some(Boolean) && (
        <Button tone="ghost" icon={<X className="size-4" aria-hidden />} onClick={() => onChange({})}>
          Clear
        </Button>
      )}
    </div>
  );
}

interface WhoProps {
  value: string;
  me: string | undefined;
  seen: string[];
  onChange: (username: string) => void;
}

/** A username, taken with Enter, by leaving the field or by choosing an offered one. */
function Who({ value, me, seen, onChange }: WhoProps) {
  const [typed, setTyped] = useState(value);
  const listId = useId();
  const offered = [...new Set([...(me ? [me] : []), ...seen])];
  const take = (text: string) => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <>
      <Input
        aria-label="Started by"
        placeholder="Started by anyone"
        className="w-40"
        list={listId}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          if (offered.includes(event.target.value)) take(event.target.value);
        }}
        onBlur={() => take(typed)}
        onKeyDown={(event) => event.key === "Enter" && take(typed)}
      />
      <datalist id={listId}>
        {offered.map((username) => (
          <option key={username} value={username} />
        ))}
      </datalist>
    </>
  );
}
