import { KeyRound, RotateCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { useSecrets } from "@/api/hooks";
import type { TeamSecret } from "@/api/types";
import { Button, EmptyState, IconButton, Loaded, Pager, RelativeTime, TABLE, TABLE_BOX, TD, TH } from "@/ui";
import { DeleteSecretDialog, UsesDialog, WriteSecretDialog } from "./SecretDialogs";
import type { TeamTabProps } from "./tabs";

const PAGE_SIZE = 200;

type Doing = { what: "write" } | { what: "rotate" | "delete" | "uses"; secret: TeamSecret };

/** The secrets of a team: names and facts for all, writing for administrators. */
export function SecretsTab({ team }: TeamTabProps) {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  const [doing, setDoing] = useState<Doing | null>(null);
  const mayWrite = team.role === "admin";
  const close = (): void => setDoing(null);
  const write = (
    <Button tone="primary" icon={<KeyRound className="size-4" aria-hidden />} onClick={() => setDoing({ what: "write" })}>
      Write a secret
    </Button>
  );
  return (
    <section aria-label="Secrets" className="flex flex-col gap-3">
      <Loaded query={useSecrets(team.slug, page)} what="the secrets">
        {({ results, count }) =>
          count === 0 ? (
            <EmptyState icon={<KeyRound />} title="No secrets yet" action={mayWrite && write}>
              Passwords and keys that steps need. They are encrypted, nobody reads them back, and whatever a step prints has them masked. A node
              names a secret; its step gets a private file.{!mayWrite && " An administrator of the team writes them."}
            </EmptyState>
          ) : (
            <>
              <div className="flex items-center gap-3">
                <p className="flex-1 text-muted">Encrypted, read back by nobody, and masked in whatever steps print.</p>
                {mayWrite && write}
              </div>
              <SecretTable rows={results} mayWrite={mayWrite} onDo={setDoing} />
              <div className="flex justify-end">
                <Pager
                  page={page}
                  pageSize={PAGE_SIZE}
                  total={count}
                  what="secrets"
                  onPage={(next) => setParams(next > 1 ? { page: String(next) } : {})}
                />
              </div>
            </>
          )
        }
      </Loaded>
      <WriteSecretDialog
        team={team.slug}
        open={doing?.what === "write" || doing?.what === "rotate"}
        secret={doing?.what === "rotate" ? doing.secret : null}
        onClose={close}
      />
      {doing?.what === "delete" && <DeleteSecretDialog team={team.slug} secret={doing.secret} onClose={close} />}
      {doing?.what === "uses" && <UsesDialog team={team.slug} secret={doing.secret} onClose={close} />}
    </section>
  );
}

interface TableProps {
  rows: TeamSecret[];
  mayWrite: boolean;
  onDo: (doing: Doing) => void;
}

function SecretTable({ rows, mayWrite, onDo }: TableProps) {
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>Name</th>
            <th className={TH}>For</th>
            <th className={TH}>Version</th>
            <th className={TH}>Written</th>
            <th className={TH}>Last used</th>
            <th className={TH}>Used by</th>
            {mayWrite && (
              <th className={TH}>
                <span className="sr-only">Change</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((secret) => (
            <tr key={secret.id} className="group">
              <td className={`${TD} font-mono font-medium`}>{secret.name}</td>
              <td className={`${TD} max-w-80 truncate text-muted`} title={secret.description}>
                {secret.description}
              </td>
              <td className={`${TD} tabular-nums`}>{secret.version}</td>
              <td className={`${TD} whitespace-nowrap text-muted`}>
                <RelativeTime at={secret.changed_at} />
                {secret.changed_by && ` by ${secret.changed_by.username}`}
              </td>
              <td className={`${TD} whitespace-nowrap text-muted`}>
                {secret.last_used_at ? <RelativeTime at={secret.last_used_at} /> : "never"}
              </td>
              <td className={TD}>
                {secret.used_by > 0 ? (
                  <button type="button" className="text-accent hover:underline" onClick={() => onDo({ what: "uses", secret })}>
                    {secret.used_by === 1 ? "1 pipeline" : `${secret.used_by} pipelines`}
                  </button>
                ) : (
                  <span className="text-muted">none</span>
                )}
              </td>
              {mayWrite && (
                <td className={`${TD} w-20 text-right whitespace-nowrap`}>
                  <IconButton size="sm" label={`Rotate ${secret.name}`} icon={<RotateCw />} onClick={() => onDo({ what: "rotate", secret })} />
                  <IconButton size="sm" label={`Delete ${secret.name}`} icon={<Trash2 />} onClick={() => onDo({ what: "delete", secret })} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
