import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { keys } from "@/api/hooks";
import { renameTeam } from "@/api/resources/teams";
import type { Team } from "@/api/types";
import { Button, Dialog, Field, Input, Notice } from "@/ui";

/** Another name for a team; its address stays. */
export function RenameTeam({ team }: { team: Team }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState<string | null>(null);
  const rename = useMutation({
    mutationFn: (next: string) => renameTeam(team.slug, next),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.me });
      close();
    },
  });
  function close(): void {
    rename.reset();
    setName(null);
  }
  const next = name?.trim() ?? "";
  return (
    <>
      <Button icon={<Pencil className="size-4" aria-hidden />} onClick={() => setName(team.name)}>
        Rename
      </Button>
      <Dialog
        open={name !== null}
        onOpenChange={(open) => !open && close()}
        title={`Rename ${team.name}`}
        description={`Its short name stays ${team.slug}, so that links and scripts go on working.`}
        footer={
          <>
            <Button onClick={close}>Cancel</Button>
            <Button type="submit" form="rename-team" tone="primary" busy={rename.isPending} disabled={!next || next === team.name}>
              Rename
            </Button>
          </>
        }
      >
        <form
          id="rename-team"
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (next && next !== team.name) rename.mutate(next);
          }}
        >
          <Field label="Name" required>
            {(control) => <Input {...control} maxLength={120} value={name ?? ""} onChange={(event) => setName(event.target.value)} />}
          </Field>
          {rename.error && (
            <Notice tone="danger" title="It was not renamed">
              {rename.error.message}
            </Notice>
          )}
        </form>
      </Dialog>
    </>
  );
}
