import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, Copy, KeyRound, Trash2 } from "lucide-react";
import { useState } from "react";
import { keys, useTokens } from "@/api/hooks";
import { createToken, revokeToken } from "@/api/resources/account";
import type { ApiToken, NewApiToken } from "@/api/types";
import { Button, Dialog, IconButton, Input, Loaded, Notice, RelativeTime, Select, TABLE, TABLE_BOX, TD, TH, toast } from "@/ui";

type Scopes = NewApiToken["scopes"];

/** The scopes that most tokens want; the API takes any. */
const SCOPES: Record<string, { label: string; scopes: Scopes }> = {
  all: { label: "All that I may do", scopes: null },
  view: { label: "Only look", scopes: ["view"] },
  run: { label: "Look and run", scopes: ["view", "run", "cancel"] },
  edit: { label: "Look, run and edit", scopes: ["view", "run", "cancel", "edit", "use_secrets"] },
};
const DAYS = ["30", "90", "365", ""];
const DAY = 24 * 60 * 60 * 1000;

/** The reader's API tokens. A fresh one is shown once; afterwards only its beginning is known. */
export function Tokens() {
  const query = useTokens();
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState("all");
  const [days, setDays] = useState("90");
  const [fresh, setFresh] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const create = useMutation({
    mutationFn: () =>
      createToken({
        name: name.trim(),
        scopes: SCOPES[scopes]?.scopes ?? null,
        expires_at: days ? new Date(Date.now() + Number(days) * DAY).toISOString() : null,
      }),
    onSuccess: ({ token }) => {
      setName("");
      setFresh(token);
      void queryClient.invalidateQueries({ queryKey: keys.tokens });
    },
  });
  return (
    <>
      <form
        className="flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) create.mutate();
        }}
      >
        <Input
          aria-label="Name of the new token"
          placeholder="What is it for? e.g. nightly import"
          className="max-w-72"
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Select
          label="What the new token may do"
          className="w-44"
          value={scopes}
          options={Object.entries(SCOPES).map(([value, { label }]) => ({ value, label }))}
          onValueChange={setScopes}
        />
        <Select
          label="How long the new token works"
          className="w-32"
          value={days}
          options={DAYS.map((value) => ({ value, label: value ? `${value} days` : "No end" }))}
          onValueChange={setDays}
        />
        <Button type="submit" busy={create.isPending} disabled={!name.trim()} icon={<KeyRound className="size-4" aria-hidden />}>
          Make a token
        </Button>
      </form>
      {create.error && (
        <Notice tone="danger" title="No token was made">
          {create.error.message}
        </Notice>
      )}
      {fresh && <FreshToken token={fresh} onDone={() => setFresh(null)} />}
      <Loaded query={query} what="your tokens">
        {({ results }) =>
          results.length === 0 ? (
            <p className="text-muted">You have no tokens.</p>
          ) : (
            <div className={TABLE_BOX}>
              <table className={TABLE}>
                <thead>
                  <tr>
                    <th className={TH}>Name</th>
                    <th className={TH}>Begins with</th>
                    <th className={TH}>Made</th>
                    <th className={TH}>May</th>
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
                      <td className={`${TD} text-muted`}>{token.scopes ? token.scopes.join(", ") : "all that you may"}</td>
                      <td className={`${TD} text-muted`}>{token.expires_at ? <RelativeTime at={token.expires_at} /> : "never"}</td>
                      <td className={`${TD} text-muted`}>{token.last_used_at ? <RelativeTime at={token.last_used_at} /> : "never"}</td>
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
      <RevokeDialog token={revoking} onClose={() => setRevoking(null)} />
    </>
  );
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

function RevokeDialog({ token, onClose }: { token: ApiToken | null; onClose: () => void }) {
  const queryClient = useQueryClient();
  const revoke = useMutation({
    mutationFn: (one: ApiToken) => revokeToken(one.id),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: keys.tokens });
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
