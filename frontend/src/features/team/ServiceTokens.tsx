import { keys, useServiceTokens } from "@/api/hooks";
import { createServiceToken, revokeServiceToken } from "@/api/resources/teams";
import type { Member } from "@/api/types";
import { TokenPanel } from "@/features/account/TokenPanel";

/** The tokens of a service account, made and revoked by the team's administrators. */
export function ServiceTokens({ team, service }: { team: string; service: Member }) {
  const query = useServiceTokens(team, service.id);
  return (
    <section aria-label={`Tokens of ${service.user.username}`} className="flex flex-col gap-3 rounded-lg border bg-surface p-4 shadow-card">
      <h2 className="font-semibold">Tokens of {service.name || service.user.username}</h2>
      <TokenPanel
        query={query}
        queryKey={keys.serviceTokens(team, service.id)}
        standings={[{ where: team, role: service.role }]}
        whose="the account"
        create={(token) => createServiceToken(team, service.id, token)}
        revoke={(id) => revokeServiceToken(team, service.id, id)}
      />
    </section>
  );
}
