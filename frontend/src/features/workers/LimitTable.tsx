import type { Limit } from "@/api/types";
import { TABLE, TABLE_BOX, TD, TH } from "@/ui";

const SCOPE: Record<Limit["scope"], string> = { pool: "Pool", queue: "Queue", team: "Team" };

/** How many nodes may be at work at the same time, and how many are. */
export function LimitTable({ rows }: { rows: Limit[] }) {
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>Of</th>
            <th className={TH}>Name</th>
            <th className={TH}>At work</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, scope, name, busy, slots }) => (
            <tr key={id} className="group">
              <td className={`${TD} w-24 text-muted`}>{SCOPE[scope]}</td>
              <td className={`${TD} font-mono text-xs`}>{name}</td>
              <td className={`${TD} tabular-nums ${busy >= slots ? "font-medium" : "text-muted"}`}>
                {busy} of {slots}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
