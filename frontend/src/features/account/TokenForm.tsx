import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useRoles } from "@/api/hooks";
import type { CreatedApiToken, NewApiToken, RoleAction } from "@/api/types";
import { Button, Input, Notice, Select } from "@/ui";
import { inWords, type Standing } from "./rights";

type Scopes = RoleAction["action"][] | null;

/** The scopes that most tokens want. */
const PRESETS: Record<string, { label: string; scopes: Scopes }> = {
  all: { label: "All that the role allows", scopes: null },
  view: { label: "Only look", scopes: ["view"] },
  run: { label: "Look and run", scopes: ["view", "run", "cancel"] },
  edit: { label: "Look, run and edit", scopes: ["view", "run", "cancel", "edit", "use_secrets"] },
};
const CHOICES = [...Object.entries(PRESETS).map(([value, { label }]) => ({ value, label })), { value: "own", label: "Choose…" }];
const DAYS = ["1", "7", "30", "90", "365", ""];
const DAY = 24 * 60 * 60 * 1000;

interface Props {
  standings: Standing[];
  create: (token: NewApiToken) => Promise<CreatedApiToken>;
  onMade: (secret: string) => void;
}

/** Name, scopes and end of a new token, and what it will be able to do. */
export function TokenForm({ standings, create, onMade }: Props) {
  const table = useRoles().data ?? [];
  const [name, setName] = useState("");
  const [preset, setPreset] = useState("all");
  const [own, setOwn] = useState<NonNullable<Scopes>>(["view"]);
  const [days, setDays] = useState("90");
  const scopes = preset === "own" ? own : (PRESETS[preset]?.scopes ?? null);
  const make = useMutation({
    mutationFn: () =>
      create({ name: name.trim(), scopes, expires_at: days ? new Date(Date.now() + Number(days) * DAY).toISOString() : null }),
    onSuccess: ({ token }) => {
      setName("");
      onMade(token);
    },
  });
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) make.mutate();
      }}
    >
      <div className="flex flex-wrap items-center gap-2">
        <Input
          aria-label="Name of the new token"
          placeholder="What is it for? e.g. nightly import"
          className="max-w-72"
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Select label="What the new token may do" className="w-48" value={preset} options={CHOICES} onValueChange={setPreset} />
        <Select
          label="How long the new token works"
          className="w-32"
          value={days}
          options={DAYS.map((value) => ({ value, label: value === "1" ? "1 day" : value ? `${value} days` : "No end" }))}
          onValueChange={setDays}
        />
        <Button type="submit" busy={make.isPending} disabled={!name.trim()} icon={<KeyRound className="size-4" aria-hidden />}>
          Make a token
        </Button>
      </div>
      {preset === "own" && (
        <fieldset className="grid gap-x-4 gap-y-1 rounded-md border p-3 sm:grid-cols-2">
          <legend className="px-1 text-xs font-medium">Scopes</legend>
          {table.map(({ action, words }) => (
            <label key={action} className="flex items-center gap-2">
              <input
                type="checkbox"
                checked={own.includes(action)}
                disabled={action === "view"}
                onChange={(event) => setOwn(event.target.checked ? [...own, action] : own.filter((one) => one !== action))}
              />
              <span className="first-letter:uppercase">{words}</span>
            </label>
          ))}
        </fieldset>
      )}
      {table.length > 0 && standings.length > 0 && (
        <p data-testid="token-right" className="text-xs text-muted">
          It may: {standings.map(({ where, role }) => `${inWords(scopes, role, table)} (${where})`).join("; ")}. A lower role takes effect at once. A token
          never makes tokens.
        </p>
      )}
      {make.error && (
        <Notice tone="danger" title="No token was made">
          {make.error.message}
        </Notice>
      )}
    </form>
  );
}
