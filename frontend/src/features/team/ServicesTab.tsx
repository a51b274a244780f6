import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Bot, KeyRound, Trash2 } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { keys, useServices } from "@/api/hooks";
import { changeRole, createService } from "@/api/resources/teams";
import type { Member, Role } from "@/api/types";
import { Button, EmptyState, IconButton, Input, Loaded, Notice, Pager, Select, TABLE, TABLE_BOX, TD, TH, toast } from "@/ui";
import { RemoveDialog } from "./RemoveDialog";
import { ServiceTokens } from "./ServiceTokens";
import { ROLE_OPTIONS } from "./roles";
import type { TeamTabProps } from "./tabs";

const PAGE_SIZE = 50;

/** Members that are no persons: what scripts, CI and other programs act as. */
export function ServicesTab({ team: { slug: team } }: TeamTabProps) {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  const open = Number(params.get("account")) || 0;
  function show(name: "page" | "account", value: number): void {
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (value) next.set(name, String(value));
        else next.delete(name);
        return next;
      },
      { replace: name === "account" },
    );
  }
  return (
    <section aria-label="Service accounts" className="flex flex-col gap-3">
      <p className="max-w-3xl text-muted">
        A service account is a member that is no person: it cannot sign in, and acts by tokens alone. It stays when the person who made it leaves.
      </p>
      <NewService team={team} onMade={(id) => show("account", id)} />
      <Loaded query={useServices(team, page)} what="the service accounts">
        {({ results, count }) =>
          count === 0 ? (
            <EmptyState icon={<Bot aria-hidden />} title="There is no service account yet">
              Make one for each program that starts runs or reads results, such as your CI; give it the lowest role that does.
            </EmptyState>
          ) : (
            <>
              <Services team={team} rows={results} open={open} onOpen={(id) => show("account", id === open ? 0 : id)} />
              {count > PAGE_SIZE && (
                <div className="flex justify-end">
                  <Pager page={page} pageSize={PAGE_SIZE} total={count} what="service accounts" onPage={(next) => show("page", next > 1 ? next : 0)} />
                </div>
              )}
            </>
          )
        }
      </Loaded>
    </section>
  );
}

function NewService({ team, onMade }: { team: string; onMade: (id: number) => void }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const create = useMutation({
    mutationFn: () => createService(team, name.trim(), role),
    onSuccess: (made) => {
      setName("");
      void queryClient.invalidateQueries({ queryKey: keys.team(team) });
      onMade(made.id);
    },
  });
  return (
    <>
      <form
        className="flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) create.mutate();
        }}
      >
        <Input
          aria-label="Name of the new service account"
          placeholder="What acts with it? e.g. CI"
          className="max-w-64"
          maxLength={60}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Select label="Role of the new service account" className="w-36" value={role} options={ROLE_OPTIONS} onValueChange={(next) => setRole(next as Role)} />
        <Button type="submit" busy={create.isPending} disabled={!name.trim()} icon={<Bot className="size-4" aria-hidden />}>
          Make a service account
        </Button>
      </form>
      {create.error && (
        <Notice tone="danger" title="No service account was made">
          {create.error.message}
        </Notice>
      )}
    </>
  );
}

interface ServicesProps {
  team: string;
  rows: Member[];
  /** The account whose tokens are shown, 0 for none. */
  open: number;
  onOpen: (id: number) => void;
}

function Services({ team, rows, open, onOpen }: ServicesProps) {
  const queryClient = useQueryClient();
  const [leaving, setLeaving] = useState<Member | null>(null);
  const change = useMutation({
    mutationFn: ({ id, role }: { id: number; role: Role }) => changeRole(team, id, role),
    onError: (error) => toast({ tone: "error", title: "The role was not changed", description: error.message }),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: keys.team(team) }),
  });
  const shown = rows.find(({ id }) => id === open);
  return (
    <>
      <div className={TABLE_BOX}>
        <table className={TABLE}>
          <thead>
            <tr>
              <th className={TH}>Name</th>
              <th className={TH}>Acts as</th>
              <th className={TH}>Role</th>
              <th className={TH}>
                <span className="sr-only">Tokens, and deletion</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id} className="group">
                <td className={`${TD} font-medium`}>{row.name || row.user.username}</td>
                <td className={`${TD} font-mono text-xs`}>{row.user.username}</td>
                <td className={`${TD} w-40`}>
                  <Select
                    label={`Role of ${row.user.username}`}
                    value={row.role}
                    options={ROLE_OPTIONS}
                    onValueChange={(next) => change.mutate({ id: row.id, role: next as Role })}
                  />
                </td>
                <td className={`${TD} w-px whitespace-nowrap`}>
                  <span className="flex items-center justify-end gap-1">
                    <Button
                      size="sm"
                      aria-expanded={row.id === open}
                      aria-label={`Tokens of ${row.user.username}`}
                      icon={<KeyRound className="size-3.5" aria-hidden />}
                      onClick={() => onOpen(row.id)}
                    >
                      Tokens
                    </Button>
                    <IconButton label={`Delete ${row.user.username}`} icon={<Trash2 />} size="sm" onClick={() => setLeaving(row)} />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown && <ServiceTokens key={shown.id} team={team} service={shown} />}
      <RemoveDialog team={team} member={leaving} own={false} onClose={() => setLeaving(null)} />
    </>
  );
}
