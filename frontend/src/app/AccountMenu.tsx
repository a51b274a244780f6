import { CircleUserRound, KeyRound, LogOut, ScrollText, Users } from "lucide-react";
import { useNavigate } from "react-router";
import { useMe } from "@/api/hooks";
import { csrfToken } from "@/api/transport";
import { Button, Menu } from "@/ui";

/** Leaves by a form of its own: the server wants a POST, and answers with a page, not with JSON. */
function signOut(): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/logout/";
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "csrfmiddlewaretoken";
  field.value = csrfToken();
  form.append(field);
  document.body.append(form);
  form.submit();
}

export function AccountMenu() {
  const navigate = useNavigate();
  const { data: me } = useMe();
  const teams = me?.teams ?? [];
  const mayAudit = me?.is_staff || teams.some((team) => team.role === "admin");
  return (
    <Menu
      items={[
        ...teams.map(({ slug, name, role }) => ({
          id: `team-${slug}`,
          label: `${name} (${role})`,
          icon: <Users aria-hidden />,
          onSelect: () => void navigate(`/teams/${slug}`),
        })),
        ...(mayAudit ? [{ id: "audit", label: "Audit log", icon: <ScrollText aria-hidden />, onSelect: () => void navigate("/audit") }] : []),
        "line",
        { id: "account", label: "Account and API tokens", icon: <KeyRound aria-hidden />, onSelect: () => void navigate("/account") },
        "line",
        { id: "out", label: "Sign out", icon: <LogOut aria-hidden />, onSelect: signOut },
      ]}
    >
      <Button tone="ghost" icon={<CircleUserRound className="size-4" aria-hidden />} aria-label={`Account of ${me?.username ?? "…"}`}>
        <span className="max-w-40 truncate max-md:hidden">{me?.username ?? "…"}</span>
      </Button>
    </Menu>
  );
}
