import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/hooks";
import type { Keeping } from "@/api/types";
import { Button, Field, Input, Notice, Select, toast } from "@/ui";
import { inWords, type Setting } from "./settings";

type Values = Record<string, number | null>;

interface PolicyFormProps<Name extends string> {
  team: string;
  settings: readonly Setting<Name>[];
  keeping: Keeping;
  mayChange: boolean;
  /** Shown to those who may not change it. */
  whoMay: string;
  change: (values: Values) => Promise<Keeping>;
}

/** Some settings of the team: each is what the Penstock has, none, or a number of its own. */
export function PolicyForm<Name extends keyof Keeping["own"] & string>({ team, settings, keeping, mayChange, whoMay, change }: PolicyFormProps<Name>) {
  const queryClient = useQueryClient();
  const [edited, setEdited] = useState<Values>({});
  const save = useMutation({
    mutationFn: () => change(edited),
    onSuccess: (fresh) => {
      queryClient.setQueryData(keys.keeping(team), fresh);
      void queryClient.invalidateQueries({ queryKey: keys.cleanUpPreview(team) });
      setEdited({});
      toast({ tone: "success", title: "It is saved" });
    },
  });
  if (!mayChange)
    return (
      <>
        <dl className="grid max-w-2xl grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-1.5">
          {settings.map((setting) => (
            <div key={setting.name} className="contents">
              <dt className="text-muted">{setting.label}</dt>
              <dd>{inWords(setting, keeping.holds[setting.name] ?? 0)}</dd>
            </div>
          ))}
        </dl>
        <p className="text-xs text-muted">{whoMay}</p>
      </>
    );
  const dirty = Object.keys(edited).length > 0;
  return (
    <form
      className="flex max-w-2xl flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (dirty) save.mutate();
      }}
    >
      {settings.map((setting) => (
        <SettingField
          key={setting.name}
          setting={setting}
          usual={keeping.defaults[setting.name] ?? 0}
          value={setting.name in edited ? (edited[setting.name] ?? null) : keeping.own[setting.name]}
          onChange={(value) =>
            setEdited(({ [setting.name]: _, ...rest }) => (value === keeping.own[setting.name] ? rest : { ...rest, [setting.name]: value }))
          }
        />
      ))}
      {save.error && (
        <Notice tone="danger" title="It was not saved">
          {save.error.message}
        </Notice>
      )}
      <div className="flex gap-2">
        <Button type="submit" tone="primary" disabled={!dirty} busy={save.isPending}>
          Save
        </Button>
        {dirty && (
          <Button tone="ghost" onClick={() => setEdited({})}>
            Undo the changes
          </Button>
        )}
      </div>
    </form>
  );
}

interface SettingFieldProps {
  setting: Setting<string>;
  usual: number;
  value: number | null;
  onChange: (value: number | null) => void;
}

function SettingField({ setting, usual, value, onChange }: SettingFieldProps) {
  const choice = value === null ? "usual" : value === 0 ? "none" : "own";
  return (
    <Field label={setting.label} help={setting.help}>
      {(control) => (
        <div className="flex flex-wrap items-center gap-2">
          <Select
            {...control}
            className="w-64"
            value={choice}
            options={[
              { value: "usual", label: `As everywhere here: ${inWords(setting, usual).toLowerCase()}` },
              { value: "none", label: setting.none },
              { value: "own", label: `A number of ${setting.unit}` },
            ]}
            onValueChange={(next) => onChange(next === "usual" ? null : next === "none" ? 0 : (usual || 30 * setting.factor))}
          />
          {choice === "own" && (
            <label className="flex items-center gap-1.5 text-muted">
              <Input
                type="number"
                min={setting.factor > 1 ? 0.01 : 1}
                step={setting.factor > 1 ? "any" : 1}
                required
                aria-label={`${setting.label}, in ${setting.unit}`}
                className="w-28"
                value={value === null ? "" : Math.round((value / setting.factor) * 100) / 100}
                onChange={(event) => {
                  const count = event.target.valueAsNumber;
                  if (count > 0) onChange(Math.round(count * setting.factor));
                }}
              />
              {setting.unit}
            </label>
          )}
        </div>
      )}
    </Field>
  );
}
