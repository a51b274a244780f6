import { ChevronsUpDown, Layers, Plus, Settings2, Users } from "lucide-react";
import { useState } from "react";
import { matchPath, useLocation, useNavigate, useSearchParams } from "react-router";
import { useMe } from "@/api/hooks";
import { Button, Menu, type MenuEntry } from "@/ui";
import { NewTeamDialog } from "./NewTeamDialog";
import { rememberTeam, useChosenTeam } from "./current";

/** Pages whose lists follow the chosen team in place. */
const LISTS = ["/", "/runs", "/components"];

/** Whose things are shown, in the top bar; and the way to a team's page and to a new team. */
export function TeamSwitcher() {
  const { data: me } = useMe();
  const { pathname } = useLocation();
  const [, setParams] = useSearchParams();
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const chosen = useChosenTeam();
  if (!me || (me.teams.length === 0 && !me.is_staff)) return null;
  const several = me.teams.length > 1;
  const shown = chosen ?? (several ? undefined : me.teams[0]);

  function choose(slug: string): void {
    rememberTeam(slug);
    const onTeam = matchPath("/teams/:team/:tab?", pathname);
    if (onTeam && slug) void navigate(`/teams/${slug}${onTeam.params.tab ? `/${onTeam.params.tab}` : ""}`);
    else if (LISTS.includes(pathname)) setParams(slug ? { team: slug } : {});
    else void navigate("/");
  }

  const items: MenuEntry[] = [];
  if (several)
    items.push(
      { heading: "Show the things of" },
      { id: "all", label: "All my teams", icon: <Layers aria-hidden />, checked: !chosen, onSelect: () => choose("") },
      ...me.teams.map(({ slug, name, role }) => ({
        id: slug,
        label: `${name} (${role})`,
        icon: <Users aria-hidden />,
        checked: slug === chosen?.slug,
        onSelect: () => choose(slug),
      })),
      "line",
    );
  const pages = shown ? [shown] : me.teams;
  items.push(
    ...pages.map(({ slug, name }) => ({
      id: `page-${slug}`,
      label: `Members and roles of ${name}`,
      icon: <Settings2 aria-hidden />,
      onSelect: () => void navigate(`/teams/${slug}`),
    })),
  );
  if (me.is_staff) items.push({ id: "new", label: "New team…", icon: <Plus aria-hidden />, onSelect: () => setCreating(true) });
  const name = shown?.name ?? (several ? "All teams" : "No team");
  return (
    <>
      <Menu items={items} align="start">
        <Button tone="ghost" aria-label={`Team: ${name}`} className="mr-1">
          <Users className="size-4 text-faint md:hidden" aria-hidden />
          <span className="max-w-40 truncate max-md:sr-only">{name}</span>
          <ChevronsUpDown className="size-3.5 text-faint" aria-hidden />
        </Button>
      </Menu>
      <NewTeamDialog open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
