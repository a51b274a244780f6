import type { Role } from "@/api/types";

/** Low to high. */
export const ROLES: Role[] = ["viewer", "operator", "editor", "admin"];

export const ROLE_OPTIONS = ROLES.map((role) => ({ value: role, label: role }));
