import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useParams } from "react-router";
import { keys, useEnvironment } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { renewEnvironment } from "@/api/resources/environments";
import type { Environment } from "@/api/types";
import { Badge, Button, Duration, EmptyState, Loaded, Page, RelativeTime, StateBadge, TABLE, TABLE_BOX, TD, TH, toast } from "@/ui";

/** One environment: what was required, which versions were chosen, and when it was built. */
export function EnvironmentPage() {
  const { digest = "" } = useParams();
  const query = useEnvironment(digest);
  if (query.error instanceof ApiProblem && query.error.status === 404)
    return (
      <EmptyState heading="h1" title="There is no such environment">
        It may belong to a team you are not a member of.
      </EmptyState>
    );
  return (
    <Page title={`Environment ${digest.slice(0, 12)}`} lead="The packages that steps ran with, each with its exact version and hash.">
      <Loaded query={query} what="the environment">
        {(environment) => <Parts environment={environment} />}
      </Loaded>
    </Page>
  );
}

function Parts({ environment }: { environment: Environment }) {
  const { requirements, added, packages, builds } = environment;
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-start gap-4">
        <dl className="grid min-w-0 flex-1 grid-cols-[auto_1fr] gap-x-4 gap-y-1 [&_dt]:text-muted">
          <dt>Python</dt>
          <dd>
            {environment.python} on {environment.platform}
          </dd>
          <dt>Requirements</dt>
          <dd className="flex flex-wrap gap-1">
            {environment.team === null && "Penstock's own libraries"}
            {requirements.map((text) => (
              <Badge key={text}>{text}</Badge>
            ))}
            {added.length > 0 && <span className="text-muted">and, for tables and models, {added.join(", ")}</span>}
          </dd>
          <dt>Digest</dt>
          <dd className="font-mono text-xs break-all">{environment.digest}</dd>
          <dt>Chosen</dt>
          <dd>
            <RelativeTime at={environment.created_at} />
            {environment.team !== null && !environment.current && ", no longer used by new runs"}
          </dd>
        </dl>
        {environment.current && <Renew digest={environment.digest} />}
      </div>
      <section aria-label="Packages" className="flex flex-col gap-2">
        <h2 className="text-base font-semibold">Packages</h2>
        <div className={TABLE_BOX}>
          <table className={TABLE}>
            <thead>
              <tr>
                <th className={TH}>Package</th>
                <th className={TH}>Version</th>
              </tr>
            </thead>
            <tbody>
              {packages.map(({ name, version }) => (
                <tr key={name}>
                  <td className={`${TD} font-mono text-xs`}>{name}</td>
                  <td className={`${TD} font-mono text-xs`}>{version}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      {builds.length > 0 && (
        <section aria-label="Builds" className="flex flex-col gap-2">
          <h2 className="text-base font-semibold">Builds</h2>
          <ul className="flex flex-col divide-y rounded-lg border bg-surface">
            {builds.map((build) => (
              <li key={build.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1.5 text-xs">
                <StateBadge state={build.state} />
                <span className="font-mono text-muted">{build.worker}</span>
                <span className="ml-auto text-muted">
                  <RelativeTime at={build.started_at} />, <Duration start={build.started_at} end={build.ended_at} />
                </span>
                {build.error && <p className="w-full whitespace-pre-wrap text-danger">{build.error}</p>}
              </li>
            ))}
          </ul>
        </section>
      )}
      <details>
        <summary className="cursor-pointer text-base font-semibold">The lock</summary>
        <pre tabIndex={0} aria-label="The lock" className="mt-2 max-h-96 overflow-auto rounded-lg border bg-surface p-3 font-mono text-xs">
          {environment.text}
        </pre>
      </details>
    </div>
  );
}

/** The versions stay as they are until somebody asks for newer ones. */
function Renew({ digest }: { digest: string }) {
  const queryClient = useQueryClient();
  const renew = useMutation({
    mutationFn: () => renewEnvironment(digest),
    onSuccess: (fresh) => {
      queryClient.setQueryData(keys.environment(digest), fresh);
      toast({ tone: "success", title: "The next run chooses versions anew." });
    },
    onError: (error) => toast({ tone: "error", title: "The versions were not renewed", description: error.message }),
  });
  return (
    <Button icon={<RefreshCw className="size-4" aria-hidden />} busy={renew.isPending} onClick={() => renew.mutate()}>
      Choose versions anew
    </Button>
  );
}
