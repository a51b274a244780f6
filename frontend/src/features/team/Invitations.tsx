import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link2, Trash2 } from "lucide-react";
import { useState } from "react";
import { keys, useInvitations } from "@/api/hooks";
import { invite, withdrawInvitation } from "@/api/resources/teams";
import type { Role } from "@/api/types";
import { Badge, Button, IconButton, Input, Loaded, Notice, RelativeTime, Select, TABLE, TABLE_BOX, TD, TH, toast } from "@/ui";
import { ROLE_OPTIONS } from "./roles";

/** Links that let one person in each, once, within a week. A fresh one is shown once. */
export function Invitations({ team }: { team: string }) {
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role>("viewer");
  const [note, setNote] = useState("");
  const refresh = () => void queryClient.invalidateQueries({ queryKey: keys.invitations(team) });
  const create = useMutation({
    mutationFn: () => invite(team, role, note.trim()),
    onSuccess: () => {
      setNote("");
      refresh();
    },
  });
  const withdraw = useMutation({
    mutationFn: (id: number) => withdrawInvitation(team, id),
    onError: (error) => toast({ tone: "error", title: "It was not withdrawn", description: error.message }),
    onSettled: refresh,
  });
  return (
    <section aria-label="Invitations" className="flex flex-col gap-2">
      <h2 className="font-semibold">Invitations</h2>
      <form
        className="flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Input
          aria-label="For whom the invitation is"
          placeholder="For whom? e.g. Ada"
          className="max-w-64"
          maxLength={200}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <Select label="Role of the invited" className="w-36" value={role} options={ROLE_OPTIONS} onValueChange={(next) => setRole(next as Role)} />
        <Button type="submit" busy={create.isPending} icon={<Link2 className="size-4" aria-hidden />}>
          Make a link
        </Button>
      </form>
      {create.error && (
        <Notice tone="danger" title="No invitation was made">
          {create.error.message}
        </Notice>
      )}
      {create.data && (
        <Notice
          tone="info"
          title="Send this link; it is not shown again"
          action={
            <Button size="sm" onClick={() => create.reset()}>
              I have it
            </Button>
          }
        >
          <code data-testid="invitation-link" className="mt-1 block rounded-sm bg-surface px-1.5 py-1 font-mono text-xs break-all text-ink select-all">
            {create.data.link}
          </code>
        </Notice>
      )}
      <Loaded query={useInvitations(team)} what="the invitations">
        {({ results }) =>
          results.length === 0 ? (
            <p className="text-muted">None is open.</p>
          ) : (
            <div className={TABLE_BOX}>
              <table className={TABLE}>
                <thead>
                  <tr>
                    <th className={TH}>For</th>
                    <th className={TH}>Role</th>
                    <th className={TH}>By</th>
                    <th className={TH}>Ends</th>
                    <th className={TH}>
                      <span className="sr-only">Withdraw</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {results.map(({ id, note: whom, role: as, created_by: by, expires_at: ends }) => (
                    <tr key={id} className="group">
                      <td className={TD}>{whom || "anybody with the link"}</td>
                      <td className={TD}>
                        <Badge>{as}</Badge>
                      </td>
                      <td className={`${TD} text-muted`}>{by?.username}</td>
                      <td className={`${TD} text-muted`}>
                        <RelativeTime at={ends} />
                      </td>
                      <td className={`${TD} text-right`}>
                        <IconButton label={`Withdraw the invitation for ${whom || "anybody"}`} icon={<Trash2 />} size="sm" onClick={() => withdraw.mutate(id)} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </section>
  );
}
