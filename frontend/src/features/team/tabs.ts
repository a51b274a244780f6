import { type ComponentType, lazy } from "react";
import type { Me, Role } from "@/api/types";
import { MembersTab } from "./MembersTab";

export interface TeamTabProps {
  team: Me["teams"][number];
  /** The id of who looks. */
  me: number;
}

export interface TeamTab {
  /** Its part of the address: `/teams/{team}/{id}`. */
  id: string;
  label: string;
  /** The roles that see it; everyone's without. */
  roles?: readonly Role[];
  Content: ComponentType<TeamTabProps>;
}

/** What the page of a team has, in order. The first is shown at `/teams/{team}`. */
export const TEAM_TABS: readonly TeamTab[] = [
  { id: "members", label: "Members", Content: MembersTab },
  {
    id: "services",
    label: "Service accounts",
    roles: ["admin"],
    Content: lazy(async () => ({ default: (await import("./ServicesTab")).ServicesTab })),
  },
  { id: "secrets", label: "Secrets", Content: lazy(async () => ({ default: (await import("./SecretsTab")).SecretsTab })) },
  {
    id: "connections",
    label: "Connections",
    Content: lazy(async () => ({ default: (await import("./connections/ConnectionsTab")).ConnectionsTab })),
  },
  { id: "network", label: "Network", Content: lazy(async () => ({ default: (await import("./NetworkTab")).NetworkTab })) },
  { id: "roles", label: "Roles", Content: lazy(async () => ({ default: (await import("./RolesTab")).RolesTab })) },
  {
    id: "usage",
    label: "Usage & retention",
    Content: lazy(async () => ({ default: (await import("./keeping/KeepingTab")).KeepingTab })),
  },
];
