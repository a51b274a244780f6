import { RoleTable } from "./RoleTable";
import type { TeamTabProps } from "./tabs";

export function RolesTab({ team }: TeamTabProps) {
  return <RoleTable mine={team.role} />;
}
