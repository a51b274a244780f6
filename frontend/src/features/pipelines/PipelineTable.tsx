import { Archive, Ellipsis, History, Workflow } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useMe } from "@/api/hooks";
import type { PipelineRow } from "@/api/types";
import { IconButton, Menu, RelativeTime, StateBadge, TABLE, TABLE_BOX, TD, TH } from "@/ui";
import { ArchiveDialog } from "./ArchiveDialog";

export function PipelineTable({ rows }: { rows: PipelineRow[] }) {
  const navigate = useNavigate();
  const { data: me } = useMe();
  const [archiving, setArchiving] = useState<PipelineRow | null>(null);
  const teams = new Map(me?.teams.map((team) => [team.id, team]));
  const severalTeams = teams.size > 1;
  return (
    <div className={TABLE_BOX}>
      <table className={`${TABLE} min-w-[44rem]`}>
        <thead>
          <tr>
            <th className={TH}>Name</th>
            {severalTeams && <th className={TH}>Team</th>}
            <th className={TH}>Last run</th>
            <th className={TH}>Version</th>
            <th className={TH}>Edited</th>
            <th className={TH}>Made by</th>
            <th className={TH}>
              <span className="sr-only">More</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} className="group hover:bg-hover/50">
              <td className={`${TD} max-w-0 w-[45%]`}>
                <Link to={`/pipelines/${row.id}`} className="block truncate font-medium hover:text-accent hover:underline">
                  {row.name}
                </Link>
                {row.description && <span className="block truncate text-xs text-muted">{row.description}</span>}
              </td>
              {severalTeams && <td className={TD}>{teams.get(row.team)?.name}</td>}
              <td className={TD}>
                {row.last_run ? (
                  <Link
                    to={`/runs/${row.last_run.id}`}
                    className="inline-flex items-center gap-2 text-xs text-muted hover:underline"
                    aria-label={`Run ${row.last_run.number} of ${row.name}, ${row.last_run.state}`}
                  >
                    <StateBadge state={row.last_run.state} />
                    <RelativeTime at={row.last_run.created_at} />
                  </Link>
                ) : (
                  <span className="text-xs text-faint">Not run yet</span>
                )}
              </td>
              <td className={`${TD} text-muted tabular-nums`}>{row.latest_version || "Draft"}</td>
              <td className={`${TD} text-muted`}>
                <RelativeTime at={row.updated_at} />
              </td>
              <td className={`${TD} max-w-40 truncate text-muted`}>{row.created_by?.username ?? "Penstock"}</td>
              <td className={`${TD} text-right`}>
                <Menu
                  items={[
                    { id: "open", label: "Open", icon: <Workflow aria-hidden />, onSelect: () => void navigate(`/pipelines/${row.id}`) },
                    { id: "runs", label: "Its runs", icon: <History aria-hidden />, onSelect: () => void navigate(`/runs?pipeline=${row.id}`) },
                    "line",
                    { id: "archive", label: "Archive…", icon: <Archive aria-hidden />, danger: true, onSelect: () => setArchiving(row) },
                  ]}
                >
                  <IconButton label={`More for ${row.name}`} icon={<Ellipsis />} size="sm" />
                </Menu>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ArchiveDialog pipeline={archiving} onClose={() => setArchiving(null)} />
    </div>
  );
}
