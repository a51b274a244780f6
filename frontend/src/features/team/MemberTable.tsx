import { useMutation, useQueryClient } from "@tanstack/react-query";
import { LogOut, UserMinus } from "lucide-react";
import { useState } from "react";
import { keys } from "@/api/hooks";
import { changeRole } from "@/api/resources/teams";
import type { Member, Role } from "@/api/types";
import { Badge, IconButton, Select, TABLE, TABLE_BOX, TD, TH, toast } from "@/ui";
import { RemoveDialog } from "./RemoveDialog";
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
