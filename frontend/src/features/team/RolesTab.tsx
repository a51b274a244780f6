import { useMe } from "@/api/hooks";
import { RoleTable } from "./RoleTable";
import type { TeamTabProps } from "./tabs";

export function RolesTab({ team }: TeamTabProps) {
  const { data: me } = useMe();
  return (
    <>
      <p>
        You are <strong>{team.role}</strong> of {team.name}. Each role may do what the ones before it may; a token may do what its scopes and the
        role of its owner both allow.
      </p>
      <RoleTable mine={team.role} />
      <section aria-label="Administrators of this Penstock" className="flex max-w-3xl flex-col gap-1">
        <h2 className="font-semibold">Administrators of this Penstock</h2>
        <p className="text-muted">
          {me?.is_staff ? "You are one of them. They" : "They"} make teams, set limits of workers, read metrics and the part of the audit log that
          belongs to no team, and add or close accounts on the <a className="text-accent underline" href="/admin/">administration pages</a>. It makes
          them members of no team: what a team owns, they see and change only with a role in it.
        </p>
      </section>
    </>
  );
}
