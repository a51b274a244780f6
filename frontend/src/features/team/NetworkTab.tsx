import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { keys, useAllowedHosts, useMe, useNetwork } from "@/api/hooks";
import { allowHost, forbidHost } from "@/api/resources/network";
import type { AllowedHost } from "@/api/types";
import { Button, IconButton, Input, Loaded, Notice, Pager, RelativeTime, TABLE, TABLE_BOX, TD, TH, toast } from "@/ui";
import type { TeamTabProps } from "./tabs";

const PAGE_SIZE = 50;

/** Where the steps of the team may go beside the public internet. */
export function NetworkTab({ team }: TeamTabProps) {
  const mayChange = useMe().data?.is_staff ?? false;
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  return (
    <section aria-labelledby="network" className="flex flex-col gap-3">
      <h2 id="network" className="font-semibold">Allowed hosts</h2>
      <p className="-mt-2 max-w-prose text-muted">
        Requests of components reach the public internet, and refuse private and local addresses. A host or a network in
        this list may be reached all the same.{" "}
        {mayChange ? "You can change it as an administrator of this Penstock." : "Administrators of this Penstock change it."}
      </p>
      <Everybody team={team.slug} />
      {mayChange && <AllowHost team={team.slug} />}
      <Loaded query={useAllowedHosts(team.slug, page)} what="the allowed hosts">
        {({ results, count }) =>
          count === 0 ? (
            <p className="text-muted">The team has none of its own.</p>
          ) : (
            <>
              <Hosts team={team.slug} rows={results} mayChange={mayChange} />
              <div className="flex justify-end">
                <Pager
                  page={page}
                  pageSize={PAGE_SIZE}
                  total={count}
                  what="allowed hosts"
                  onPage={(next) => setParams(next > 1 ? { page: String(next) } : {})}
                />
              </div>
            </>
          )
        }
      </Loaded>
    </section>
  );
}

/** What the settings of this Penstock open for every team; nothing is said when that is nothing. */
function Everybody({ team }: { team: string }) {
  const entries = useNetwork(team).data?.everybody ?? [];
  if (entries.length === 0) return null;
  return (
    <p className="text-muted">
      For every team:{" "}
      {entries.map((entry, index) => (
        <span key={entry}>
          {index > 0 && ", "}
          <code className="font-mono text-ink">{entry}</code>
        </span>
      ))}
    </p>
  );
}

function AllowHost({ team }: { team: string }) {
  const queryClient = useQueryClient();
  const [entry, setEntry] = useState("");
  const [note, setNote] = useState("");
  const allow = useMutation({
    mutationFn: () => allowHost(team, entry.trim(), note.trim()),
    onSuccess: () => {
      setEntry("");
      setNote("");
      void queryClient.invalidateQueries({ queryKey: keys.network(team) });
    },
  });
  return (
    <>
      <form
        className="flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          allow.mutate();
        }}
      >
        <Input
          aria-label="Host or network"
          placeholder="db.internal:5432 or 10.2.0.0/16"
          className="max-w-72 font-mono"
          required
          maxLength={300}
          value={entry}
          onChange={(event) => setEntry(event.target.value)}
        />
        <Input
          aria-label="What it is for"
          placeholder="What is it for?"
          className="max-w-72"
          maxLength={200}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <Button type="submit" busy={allow.isPending} icon={<Plus className="size-4" aria-hidden />}>
          Allow
        </Button>
      </form>
      {allow.error && (
        <Notice tone="danger" title="It was not added">
          {allow.error.message}
        </Notice>
      )}
    </>
  );
}

function Hosts({ team, rows, mayChange }: { team: string; rows: AllowedHost[]; mayChange: boolean }) {
  const queryClient = useQueryClient();
  const forbid = useMutation({
    mutationFn: (id: number) => forbidHost(team, id),
    onError: (error) => toast({ tone: "error", title: "It was not removed", description: error.message }),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: keys.network(team) }),
  });
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>Host or network</th>
            <th className={TH}>For</th>
            <th className={TH}>By</th>
            <th className={TH}>Since</th>
            {mayChange && (
              <th className={TH}>
                <span className="sr-only">Remove</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, entry, note, created_by: by, created_at: at }) => (
            <tr key={id} className="group">
              <td className={`${TD} font-mono`}>{entry}</td>
              <td className={TD}>{note}</td>
              <td className={`${TD} text-muted`}>{by?.username}</td>
              <td className={`${TD} text-muted`}>
                <RelativeTime at={at} />
              </td>
              {mayChange && (
                <td className={`${TD} text-right`}>
                  <IconButton label={`Do not allow ${entry} any more`} icon={<Trash2 />} size="sm" onClick={() => forbid.mutate(id)} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
