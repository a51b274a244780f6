import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { keys } from "@/api/hooks";
import { createTeam } from "@/api/resources/teams";
import { Button, Dialog, Field, Input, Notice } from "@/ui";
import { rememberTeam } from "./current";
import { shortName } from "./shortName";

/** A new team, administered by who makes it. */
export function NewTeamDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [own, setOwn] = useState<string | null>(null);
  const slug = own ?? shortName(name);
  const create = useMutation({
    mutationFn: () => createTeam(name.trim(), slug),
    onSuccess: async (team) => {
      await queryClient.invalidateQueries({ queryKey: keys.me });
      close();
      await navigate(`/teams/${team.slug}`);
      // Only now: a list would put the choice into its own address, and stay.
      rememberTeam(team.slug);
    },
  });
  function close(): void {
    setName("");
    setOwn(null);
    create.reset();
    onClose();
  }
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && close()}
      title="New team"
      description="You become its administrator, and invite the others. What a team makes, other teams do not see."
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" form="new-team" tone="primary" busy={create.isPending} disabled={!name.trim() || !slug}>
            Make the team
          </Button>
        </>
      }
    >
      <form
        id="new-team"
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() && slug) create.mutate();
        }}
      >
        <Field label="Name" required>
          {(control) => <Input {...control} maxLength={120} value={name} placeholder="e.g. Data science" onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label="Short name" required help="In addresses and scripts: small letters, digits, - and _. It stays when the team is renamed.">
          {(control) => <Input {...control} maxLength={63} value={slug} className="font-mono" onChange={(event) => setOwn(shortName(event.target.value, true))} />}
        </Field>
        {create.error && (
          <Notice tone="danger" title="No team was made">
            {create.error.message}
          </Notice>
        )}
      </form>
    </Dialog>
  );
}
