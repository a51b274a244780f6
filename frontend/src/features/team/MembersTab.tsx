import { useSearchParams } from "react-router";
import { useMembers } from "@/api/hooks";
import { Loaded, Pager } from "@/ui";
import { Invitations } from "./Invitations";
import { MemberTable } from "./MemberTable";
import type { TeamTabProps } from "./tabs";

const PAGE_SIZE = 50;

/** Who is in a team, and who is invited. */
export function MembersTab({ team, me }: TeamTabProps) {
  return (
    <>
      <Members team={team.slug} me={me} mayChange={team.role === "admin"} />
      {team.role === "admin" && <Invitations team={team.slug} />}
    </>
  );
}

function Members({ team, me, mayChange }: { team: string; me: number; mayChange: boolean }) {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  return (
    <section aria-label="Members" className="flex flex-col gap-2">
      <h2 className="font-semibold">Members</h2>
      <Loaded query={useMembers(team, page)} what="the members">
        {(data) => (
          <>
            <MemberTable team={team} me={me} mayChange={mayChange} rows={data.results} />
            <div className="flex justify-end">
              <Pager
                page={page}
                pageSize={PAGE_SIZE}
                total={data.count}
                what="members"
                onPage={(next) => setParams(next > 1 ? { page: String(next) } : {})}
              />
            </div>
          </>
        )}
      </Loaded>
    </section>
  );
}
