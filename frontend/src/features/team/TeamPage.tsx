import { useNavigate, useParams, useSearchParams } from "react-router";
import { useMe, useMembers } from "@/api/hooks";
import { EmptyState, Loaded, Page, Pager, Select } from "@/ui";
import { Invitations } from "./Invitations";
import { MemberTable } from "./MemberTable";
import { RoleTable } from "./RoleTable";

const PAGE_SIZE = 50;

/** Who is in a team, who is invited, and what each role may do. */
export function TeamPage() {
  const { team: slug = "" } = useParams();
  const navigate = useNavigate();
  const me = useMe();
  const team = me.data?.teams.find((one) => one.slug === slug);
  return (
    <Loaded query={me} what="your teams">
      {({ id, teams }) =>
        team ? (
          <Page
            title={team.name}
            lead={`You are ${team.role} of this team.`}
            actions={
              teams.length > 1 && (
                <Select
                  label="Team"
                  className="w-48"
                  value={slug}
                  options={teams.map((one) => ({ value: one.slug, label: one.name }))}
                  onValueChange={(next) => void navigate(`/teams/${next}`)}
                />
              )
            }
          >
            <Members team={slug} me={id} mayChange={team.role === "admin"} />
            {team.role === "admin" && <Invitations team={slug} />}
            <RoleTable mine={team.role} />
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
