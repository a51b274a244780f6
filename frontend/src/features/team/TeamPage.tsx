import { clsx } from "clsx";
import { Suspense } from "react";
import { Link, useParams } from "react-router";
import { useMe } from "@/api/hooks";
import { EmptyState, Loaded, Page, Spinner } from "@/ui";
import { RenameTeam } from "./RenameTeam";
import { TEAM_TABS, type TeamTabProps } from "./tabs";

/** Everything about a team, a tab for each part. */
export function TeamPage() {
  const { team: slug = "", tab } = useParams();
  const me = useMe();
  const team = me.data?.teams.find((one) => one.slug === slug);
  return (
    <Loaded query={me} what="your teams">
      {({ id }) =>
        team ? (
          <Page
            title={team.name}
            lead={`You are ${team.role} of this team.`}
            actions={team.role === "admin" && <RenameTeam team={team} />}
          >
            <TeamParts team={team} me={id} tab={tab} />
          </Page>
        ) : (
          <Page title="Team">
            <EmptyState title="You are not in this team">An administrator of it can send you an invitation.</EmptyState>
          </Page>
        )
      }
    </Loaded>
  );
}

function TeamParts({ team, me, tab }: TeamTabProps & { tab: string | undefined }) {
  const tabs = TEAM_TABS.filter(({ roles }) => !roles || roles.includes(team.role));
  const shown = tab === undefined ? tabs[0] : tabs.find(({ id }) => id === tab);
  return (
    <>
      <nav aria-label="Parts of the team" className="flex gap-x-1 overflow-x-auto border-b">
        {tabs.map(({ id, label }, index) => (
          <Link
            key={id}
            to={index === 0 ? `/teams/${team.slug}` : `/teams/${team.slug}/${id}`}
            aria-current={shown?.id === id ? "page" : undefined}
            className={clsx(
              "-mb-px flex h-10 items-center border-b-2 px-2.5 text-sm font-medium whitespace-nowrap outline-offset-[-2px] hover:text-ink",
              shown?.id === id ? "border-accent text-ink" : "border-transparent text-muted",
            )}
          >
            {label}
          </Link>
        ))}
      </nav>
      {shown ? (
        <Suspense fallback={<Spinner label="Loading…" />}>
          <shown.Content key={team.slug} team={team} me={me} />
        </Suspense>
      ) : (
        <EmptyState title="There is nothing here for you">Your role in this team does not include this page.</EmptyState>
      )}
    </>
  );
}
