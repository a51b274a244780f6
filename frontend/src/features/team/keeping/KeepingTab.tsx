import { useKeeping, useMe } from "@/api/hooks";
import { changeQuotas, changeRetention } from "@/api/resources/keeping";
import type { Keeping, Quotas, Retention } from "@/api/types";
import { Loaded } from "@/ui";
import type { TeamTabProps } from "../tabs";
import { CleanUps } from "./CleanUps";
import { PolicyForm } from "./PolicyForm";
import { QUOTAS, RETENTION } from "./settings";
import { UseBars } from "./UseBars";

/** What the team has and may have, how long it keeps things, and what goes. */
export function KeepingTab({ team }: TeamTabProps) {
  return (
    <>
      <Loaded query={useKeeping(team.slug)} what="the team's usage">
        {(keeping) => <Settings team={team} keeping={keeping} />}
      </Loaded>
      <CleanUps team={team.slug} mayClean={team.role === "admin"} />
    </>
  );
}

function Settings({ team, keeping }: { team: TeamTabProps["team"]; keeping: Keeping }) {
  const staff = useMe().data?.is_staff ?? false;
  return (
    <>
      <section aria-label="Usage" className="flex flex-col gap-3">
        <h2 className="font-semibold">Usage</h2>
        <UseBars keeping={keeping} />
      </section>
      <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-2">
        <section aria-label="How long things are kept" className="flex flex-col gap-3">
          <h2 className="font-semibold">How long things are kept</h2>
          <PolicyForm<keyof Retention>
            team={team.slug}
            settings={RETENTION}
            keeping={keeping}
            mayChange={team.role === "admin"}
            whoMay="Administrators of the team change this."
            change={(values) => changeRetention(team.slug, values)}
          />
        </section>
        <section aria-label="Quotas" className="flex flex-col gap-3">
          <h2 className="font-semibold">Quotas</h2>
          <PolicyForm<keyof Quotas>
            team={team.slug}
            settings={QUOTAS}
            keeping={keeping}
            mayChange={staff}
            whoMay="Administrators of this Penstock change this."
            change={(values) => changeQuotas(team.slug, values)}
          />
        </section>
      </div>
    </>
  );
}
