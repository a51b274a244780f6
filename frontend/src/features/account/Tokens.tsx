import { keys, useMe, useTokens } from "@/api/hooks";
import { createToken, revokeToken } from "@/api/resources/account";
import { TokenPanel } from "./TokenPanel";

/** The reader's own API tokens. */
export function Tokens() {
  const teams = useMe().data?.teams ?? [];
  return (
    <TokenPanel
      query={useTokens()}
      queryKey={keys.tokens}
      standings={teams.map(({ name, role }) => ({ where: name, role }))}
      whose="your account"
      create={createToken}
      revoke={revokeToken}
    />
  );
}
