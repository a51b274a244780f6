import type { Role, RoleAction } from "@/api/types";

/** What somebody is, and where: the owner of a token in one team. */
export interface Standing {
  where: string;
  role: Role;
}

type Action = RoleAction["action"];

/** What a token with these scopes may do now for an owner with this role: both must have it. */
export function effective(scopes: readonly Action[] | null, role: Role, table: readonly RoleAction[]): RoleAction[] {
  return table.filter(
    ({ action, roles }) => roles.includes(role) && (scopes === null || action === "view" || scopes.includes(action)),
  );
}

/** The same in a few words: `all that an editor may`, `view, run`. */
export function inWords(scopes: readonly Action[] | null, role: Role, table: readonly RoleAction[]): string {
  const may = effective(scopes, role, table);
  const whole = table.filter(({ roles }) => roles.includes(role)).length;
  if (may.length === whole) return `all that ${/^[aeiou]/.test(role) ? "an" : "a"} ${role} may`;
  if (may.length === 1) return "only look";
  return may.map(({ action }) => action.replaceAll("_", " ")).join(", ");
}
