import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, Copy, Trash2 } from "lucide-react";
import { useState } from "react";
import { useRoles } from "@/api/hooks";
import type { ApiToken, CreatedApiToken, NewApiToken, Page } from "@/api/types";
import { Button, Dialog, IconButton, type Loadable, Loaded, Notice, RelativeTime, TABLE, TABLE_BOX, TD, TH, toast, useNow } from "@/ui";
import { TokenForm } from "./TokenForm";
import { inWords, type Standing } from "./rights";

interface Props {
  query: Loadable<Page<ApiToken>>;
  queryKey: QueryKey;
  /** What the owner of the tokens is, in each team. */
  standings: Standing[];
  /** As in "… has no tokens". */
  whose: string;
  create: (token: NewApiToken) => Promise<CreatedApiToken>;
  revoke: (id: number) => Promise<void>;
}

/** Tokens of a person or a service account. A fresh one is shown once; afterwards only its beginning is known. */
export function TokenPanel({ query, queryKey, standings, whose, create, revoke }: Props) {
  const queryClient = useQueryClient();
  const table = useRoles().data ?? [];
  const [fresh, setFresh] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const refresh = () => void queryClient.invalidateQueries({ queryKey });
  return (
    <>
      <TokenForm
        standings={standings}
        create={create}
        onMade={(secret) => {
          setFresh(secret);
          refresh();
        }}
      />
      {fresh && <FreshToken token={fresh} onDone={() => setFresh(null)} />}
      <Loaded query={query} what="the tokens">
        {({ results }) =>
          results.length === 0 ? (
            <p className="text-muted first-letter:uppercase">{whose} has no tokens.</p>
          ) : (
            <div className={TABLE_BOX}>
              <table className={TABLE}>
                <thead>
                  <tr>
                    <th className={TH}>Name</th>
                    <th className={TH}>Begins with</th>
                    <th className={TH}>Made</th>
                    <th className={TH}>Scopes</th>
                    <th className={TH}>May now</th>
                    <th className={TH}>Ends</th>
                    <th className={TH}>Last used</th>
                    <th className={TH}>
                      <span className="sr-only">Revoke</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {results.map((token) => (
                    <tr key={token.id} className="group">
                      <td className={TD}>{token.name}</td>
                      <td className={`${TD} font-mono text-xs`}>{token.prefix}…</td>
                      <td className={`${TD} text-muted`}>
                        <RelativeTime at={token.created_at} />
                      </td>
                      <td className={`${TD} text-muted`}>{token.scopes ? token.scopes.join(", ") : "all"}</td>
                      <td className={`${TD} text-muted`}>
                        {standings.map(({ where, role }) => (
                          <div key={where}>
                            {inWords(token.scopes ?? null, role, table)}
                            {standings.length > 1 && ` (${where})`}
                          </div>
                        ))}
                      </td>
                      <td className={`${TD} text-muted`}>{token.expires_at ? <End at={token.expires_at} /> : "never"}</td>
                      <td className={`${TD} text-muted`}>
                        {token.last_used_at ? <RelativeTime at={token.last_used_at} /> : "never"}
                        {token.last_used_ip && <div className="font-mono text-xs">{token.last_used_ip}</div>}
                      </td>
                      <td className={`${TD} text-right`}>
                        <IconButton label={`Revoke ${token.name}`} icon={<Trash2 />} size="sm" onClick={() => setRevoking(token)} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
      <RevokeDialog token={revoking} revoke={revoke} onRevoked={refresh} onClose={() => setRevoking(null)} />
    </>
  );
}

function End({ at }: { at: string }) {
  const now = useNow(true);
  return new Date(at).getTime() <= now ? <span className="text-danger">has ended</span> : <RelativeTime at={at} />;
}

function FreshToken({ token, onDone }: { token: string; onDone: () => void }) {
  const [copied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(token);
      setCopied(true);
    } catch {
      toast({ tone: "error", title: "The browser did not allow copying", description: "Select the token and copy it yourself." });
    }
  }
  return (
    <Notice tone="info" title="Copy the token now; it is not shown again" action={<Button size="sm" onClick={onDone}>I have it</Button>}>
      <span className="mt-1 flex items-center gap-1.5">
        <code data-testid="new-token" className="rounded-sm bg-surface px-1.5 py-1 font-mono text-xs break-all text-ink select-all">
          {token}
        </code>
        <IconButton label={copied ? "Copied" : "Copy the token"} size="sm" icon={copied ? <Check /> : <Copy />} onClick={() => void copy()} />
      </span>
    </Notice>
  );
}

interface RevokeProps {
  token: ApiToken | null;
  revoke: (id: number) => Promise<void>;
  onRevoked: () => void;
  onClose: () => void;
}

function RevokeDialog({ token, revoke: send, onRevoked, onClose }: RevokeProps) {
  const revoke = useMutation({
    mutationFn: (one: ApiToken) => send(one.id),
    onSuccess: () => {
      onRevoked();
      close();
    },
  });
  function close(): void {
    revoke.reset();
    onClose();
  }
  return (
    <Dialog
      open={token !== null}
      onOpenChange={(open) => !open && close()}
      title={`Revoke ${token?.name ?? ""}?`}
      description="Whatever uses it stops working at once. This cannot be undone."
      footer={
        <>
          <Button onClick={close}>Keep it</Button>
          <Button tone="danger" busy={revoke.isPending} onClick={() => token && revoke.mutate(token)}>
            Revoke
          </Button>
        </>
      }
    >
      {revoke.error && (
        <Notice tone="danger" title="It was not revoked">
          {revoke.error.message}
        </Notice>
      )}
    </Dialog>
  );
}
