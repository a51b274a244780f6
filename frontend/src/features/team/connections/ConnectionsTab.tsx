import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plug, PlugZap, Trash2 } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { keys, useConnections, useConnectionTypes } from "@/api/hooks";
import { testConnection } from "@/api/resources/connections";
import type { Connection, ConnectionType } from "@/api/types";
import { Button, EmptyState, IconButton, Loaded, Pager, RelativeTime, TABLE, TABLE_BOX, TD, TH, toast } from "@/ui";
import type { TeamTabProps } from "../tabs";
import { ConnectionDialog, DeleteConnectionDialog } from "./ConnectionDialogs";
import { TypeIcon } from "./types";

const PAGE_SIZE = 200;

type Doing = { what: "new" } | { what: "change" | "delete"; connection: Connection };

/** The databases and services of a team: facts for all, changes for administrators. */
export function ConnectionsTab({ team }: TeamTabProps) {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  const [doing, setDoing] = useState<Doing | null>(null);
  const types = useConnectionTypes();
  const mayWrite = team.role === "admin";
  const close = (): void => setDoing(null);
  const add = (
    <Button tone="primary" icon={<Plug className="size-4" aria-hidden />} onClick={() => setDoing({ what: "new" })}>
      New connection
    </Button>
  );
  return (
    <section aria-label="Connections" className="flex flex-col gap-3">
      <Loaded query={useConnections(team.slug, page)} what="the connections">
        {({ results, count }) =>
          count === 0 ? (
            <EmptyState icon={<Plug />} title="No connections yet" action={mayWrite && add}>
              A database, a web service or a chat, set up once and tested. Nodes choose it by its name; passwords are encrypted and read back by
              nobody.{!mayWrite && " An administrator of the team makes them."}
            </EmptyState>
          ) : (
            <>
              <div className="flex items-center gap-3">
                <p className="flex-1 text-muted">Nodes choose a connection by its name. Passwords are encrypted and read back by nobody.</p>
                {mayWrite && add}
              </div>
              <ConnectionTable team={team.slug} rows={results} types={types.data ?? []} mayWrite={mayWrite} onDo={setDoing} />
              <div className="flex justify-end">
                <Pager
                  page={page}
                  pageSize={PAGE_SIZE}
                  total={count}
                  what="connections"
                  onPage={(next) => setParams(next > 1 ? { page: String(next) } : {})}
                />
              </div>
            </>
          )
        }
      </Loaded>
      {(doing?.what === "new" || doing?.what === "change") && types.data && (
        <ConnectionDialog team={team.slug} types={types.data} connection={doing.what === "change" ? doing.connection : null} onClose={close} />
      )}
      {doing?.what === "delete" && <DeleteConnectionDialog team={team.slug} connection={doing.connection} onClose={close} />}
    </section>
  );
}

interface TableProps {
  team: string;
  rows: Connection[];
  types: ConnectionType[];
  mayWrite: boolean;
  onDo: (doing: Doing) => void;
}

function ConnectionTable({ team, rows, types, mayWrite, onDo }: TableProps) {
  const queryClient = useQueryClient();
  const test = useMutation({
    mutationFn: (id: number) => testConnection(team, id),
    onSuccess: ({ name, test_ok: ok, test_message: message }) =>
      toast({ tone: ok ? "success" : "error", title: ok ? `${name} works` : `${name} does not work`, description: message }),
    onError: (error) => toast({ tone: "error", title: "It was not tested", description: error.message }),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: keys.connections(team) }),
  });
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>Name</th>
            <th className={TH}>Type</th>
            <th className={TH}>For</th>
            <th className={TH}>Last test</th>
            <th className={TH}>Changed</th>
            {mayWrite && (
              <th className={TH}>
                <span className="sr-only">Change</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((connection) => {
            const type = types.find(({ name }) => name === connection.type);
            return (
              <tr key={connection.id} className="group">
                <td className={`${TD} font-mono font-medium`}>{connection.name}</td>
                <td className={TD}>
                  <span className="flex items-center gap-1.5">
                    <TypeIcon icon={type?.icon ?? ""} /> {type?.title ?? connection.type}
                  </span>
                </td>
                <td className={`${TD} max-w-64 truncate text-muted`} title={connection.description}>
                  {connection.description}
                </td>
                <td className={`${TD} max-w-80`}>
                  <LastTest connection={connection} />
                </td>
                <td className={`${TD} whitespace-nowrap text-muted`}>
                  <RelativeTime at={connection.changed_at} />
                  {connection.changed_by && ` by ${connection.changed_by.username}`}
                </td>
                {mayWrite && (
                  <td className={`${TD} w-28 text-right whitespace-nowrap`}>
                    <IconButton
                      size="sm"
                      label={`Test ${connection.name}`}
                      icon={<PlugZap />}
                      disabled={test.isPending}
                      onClick={() => test.mutate(connection.id)}
                    />
                    <IconButton size="sm" label={`Change ${connection.name}`} icon={<Pencil />} onClick={() => onDo({ what: "change", connection })} />
                    <IconButton size="sm" label={`Delete ${connection.name}`} icon={<Trash2 />} onClick={() => onDo({ what: "delete", connection })} />
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function LastTest({ connection: { tested_at: at, test_ok: ok, test_message: message } }: { connection: Connection }) {
  if (!at) return <span className="text-muted">never</span>;
  return (
    <span className="block truncate" title={message}>
      <span className={ok ? "text-success" : "text-danger"}>{ok ? "Works" : "Does not work"}</span>{" "}
      <span className="text-muted">
        <RelativeTime at={at} />: {message}
      </span>
    </span>
  );
}
