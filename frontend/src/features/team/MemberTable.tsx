import { useMutation, useQueryClient } from "@tanstack/react-query";
import { LogOut, UserMinus } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { keys } from "@/api/hooks";
import { changeRole, removeMember } from "@/api/resources/teams";
import type { Member, Role } from "@/api/types";
import { Badge, Button, Dialog, IconButton, Notice, Select, TABLE, TABLE_BOX, TD, TH, toast } from "@/ui";
import { ROLE_OPTIONS } from "./roles";

interface Props {
  team: string;
  me: number;
  mayChange: boolean;
  rows: Member[];
}

export function MemberTable({ team, me, mayChange, rows }: Props) {
  const queryClient = useQueryClient();
  const [leaving, setLeaving] = useState<Member | null>(null);
  const change = useMutation({
    mutationFn: ({ id, role }: { id: number; role: Role }) => changeRole(team, id, role),
    onError: (error) => toast({ tone: "error", title: "The role was not changed", description: error.message }),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: keys.team(team) });
      void queryClient.invalidateQueries({ queryKey: keys.me });
    },
  });
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>Name</th>
            <th className={TH}>Email</th>
            <th className={TH}>Role</th>
            <th className={TH}>
              <span className="sr-only">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((member) => {
            const { id, user, name, kind, email, role } = member;
            const own = user.id === me;
            return (
              <tr key={id} className="group">
                <td className={TD}>
                  <span className="font-medium">{user.username}</span>
                  {name && name !== user.username && <span className="text-muted"> · {name}</span>}{" "}
                  {kind === "service" && <Badge tone="info">service account</Badge>} {own && <Badge>you</Badge>}
                </td>
                <td className={`${TD} text-muted`}>{email}</td>
                <td className={`${TD} w-40`}>
                  {mayChange ? (
                    <Select
                      label={`Role of ${user.username}`}
                      value={role}
                      options={ROLE_OPTIONS}
                      onValueChange={(next) => change.mutate({ id, role: next as Role })}
                    />
                  ) : (
                    <Badge>{role}</Badge>
                  )}
                </td>
                <td className={`${TD} w-12 text-right`}>
                  {(own || mayChange) && (
                    <IconButton
                      label={own ? "Leave the team" : `Remove ${user.username}`}
                      icon={own ? <LogOut /> : <UserMinus />}
                      size="sm"
                      onClick={() => setLeaving(member)}
                    />
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <RemoveDialog team={team} member={leaving} own={leaving?.user.id === me} onClose={() => setLeaving(null)} />
    </div>
  );
}

function RemoveDialog({ team, member, own, onClose }: { team: string; member: Member | null; own: boolean; onClose: () => void }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: (one: Member) => removeMember(team, one.id),
    onSuccess: () => {
      close();
      void queryClient.invalidateQueries({ queryKey: own ? keys.me : keys.team(team) });
      if (own) void navigate("/");
    },
  });
  function close(): void {
    remove.reset();
    onClose();
  }
  return (
    <Dialog
      open={member !== null}
      onOpenChange={(open) => !open && close()}
      title={own ? "Leave the team?" : `Remove ${member?.user.username ?? ""}?`}
      description={
        own
          ? "You lose sight of everything in it at once. Only an invitation brings you back."
          : "It takes effect at once, on open pages too. What was made stays with the team."
      }
      footer={
        <>
          <Button onClick={close}>{own ? "Stay" : "Keep"}</Button>
          <Button tone="danger" busy={remove.isPending} onClick={() => member && remove.mutate(member)}>
            {own ? "Leave" : "Remove"}
          </Button>
        </>
      }
    >
      {remove.error && (
        <Notice tone="danger" title="Nothing was changed">
          {remove.error.message}
        </Notice>
      )}
    </Dialog>
  );
}
