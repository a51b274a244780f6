import { useEffect, useSyncExternalStore } from "react";
import { useSearchParams } from "react-router";
import { useMe } from "@/api/hooks";
import type { Team } from "@/api/types";

const KEY = "penstock-team";
const listeners = new Set<() => void>();

function stored(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // Storage may be forbidden; the choice then holds until the page is closed.
  }
}

let chosen = stored();

/** The short name of the team whose things the lists show from now on; empty for all teams. */
export function rememberTeam(slug: string): void {
  chosen = slug;
  try {
    if (slug) localStorage.setItem(KEY, slug);
    else localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The team chosen last, if one is still in it and in another one besides; undefined for all teams. */
export function useChosenTeam(): Team | undefined {
  const slug = useSyncExternalStore(subscribe, () => chosen);
  const teams = useMe().data?.teams ?? [];
  return teams.length > 1 ? teams.find((team) => team.slug === slug) : undefined;
}

/**
 * The short name of the team whose things a list shows, else undefined. It stands in the address,
 * so that a link shows others the same: `?team=` is remembered, and what is remembered is put there.
 */
export function useTeamFilter(): string | undefined {
  const [params, setParams] = useSearchParams();
  const team = useChosenTeam();
  const { data: me } = useMe();
  const named = params.get("team") ?? "";
  const mine = me?.teams.some(({ slug }) => slug === named) ?? false;
  useEffect(() => {
    if (named && mine) rememberTeam(named);
  }, [named, mine]);
  const missing = named ? undefined : team?.slug;
  useEffect(() => {
    if (!missing) return;
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        next.set("team", missing);
        return next;
      },
      { replace: true },
    );
  }, [missing, setParams]);
  return named || team?.slug;
}
