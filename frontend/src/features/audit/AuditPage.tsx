import { Download, ScrollText } from "lucide-react";
import { useSearchParams } from "react-router";
import { apiUrl } from "@/api/client";
import { useAudit, useMe } from "@/api/hooks";
import type { AuditFilters } from "@/api/types";
import { buttonClass, EmptyState, Input, Loaded, Page, Pager, Search, Select } from "@/ui";
import { AuditTable } from "./AuditTable";

const PAGE_SIZE = 50;
const NAMES = ["search", "team", "outcome", "actor", "action", "object_type", "object_id", "request_id"] as const;

/** Who did what. The filters stand in the address, so that the history of one thing can be linked to. */
export function AuditPage() {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page")) || 1;
  const chosen = Object.fromEntries(NAMES.flatMap((name) => (params.get(name) ? [[name, params.get(name) ?? ""]] : [])));
  const teams = useMe().data?.teams.filter(({ role }) => role === "admin") ?? [];
  const query = useAudit({ ...chosen, page, page_size: PAGE_SIZE } as AuditFilters);
  const set = (changed: Record<string, string>) =>
    setParams(Object.fromEntries(Object.entries({ ...chosen, ...changed }).filter(([, value]) => value !== "")), { replace: true });
  return (
    <Page
      title="Audit log"
      lead="Who did what, and what was denied, in the teams that you administer. Nothing in it can be changed."
      actions={
        <>
          <a className={buttonClass()} href={apiUrl("/audit/export/", { ...chosen, as: "csv" })}>
            <Download className="size-4" aria-hidden /> CSV
          </a>
          <a className={buttonClass()} href={apiUrl("/audit/export/", { ...chosen, as: "jsonl" })}>
            <Download className="size-4" aria-hidden /> JSON Lines
          </a>
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <Search label="Search the log" className="w-64" value={chosen.search ?? ""} onChange={(search) => set({ search })} />
        <Input
          key={chosen.actor ?? ""}
          aria-label="By whom"
          placeholder="By whom"
          className="max-w-40"
          defaultValue={chosen.actor ?? ""}
          onBlur={(event) => event.target.value !== (chosen.actor ?? "") && set({ actor: event.target.value.trim() })}
          onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
        />
        <Select
          label="Outcome"
          className="w-40"
          value={chosen.outcome ?? ""}
          options={[
            { value: "", label: "Done and denied" },
            { value: "done", label: "Done" },
            { value: "denied", label: "Denied" },
          ]}
          onValueChange={(outcome) => set({ outcome })}
        />
        {teams.length > 1 && (
          <Select
            label="Team"
            className="w-48"
            value={chosen.team ?? ""}
            options={[{ value: "", label: "All your teams" }, ...teams.map(({ slug, name }) => ({ value: slug, label: name }))]}
            onValueChange={(team) => set({ team })}
          />
        )}
        {Object.keys(chosen).length > 0 && (
          <button type="button" className="text-accent underline" onClick={() => setParams({})}>
            Clear the filters
          </button>
        )}
      </div>
      <Loaded query={query} what="the audit log">
        {(data) =>
          data.count === 0 ? (
            <EmptyState icon={<ScrollText aria-hidden />} title="No entry matches">
              Every change, and every attempt that was denied, is told here.
            </EmptyState>
          ) : (
            <>
              <AuditTable rows={data.results} onChoose={set} />
              <div className="flex justify-end">
                <Pager
                  page={page}
                  pageSize={PAGE_SIZE}
                  total={data.count}
                  what="entries"
                  onPage={(next) => setParams({ ...chosen, ...(next > 1 && { page: String(next) }) })}
                />
              </div>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
