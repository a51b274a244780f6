import { Check } from "lucide-react";
import { useRoles } from "@/api/hooks";
import type { Role } from "@/api/types";
import { Loaded, TABLE, TABLE_BOX, TD, TH } from "@/ui";
import { ROLES } from "./roles";

/** The server's own table of roles and actions. */
export function RoleTable({ mine }: { mine: Role }) {
  return (
    <section aria-label="What each role may do" className="flex flex-col gap-2">
      <h2 className="font-semibold">What each role may do</h2>
      <Loaded query={useRoles()} what="the roles">
        {(rows) => (
          <div className={TABLE_BOX}>
            <table className={TABLE}>
              <thead>
                <tr>
                  <th className={TH}>To</th>
                  {ROLES.map((role) => (
                    <th key={role} className={`${TH} w-24 text-center ${role === mine ? "text-ink" : ""}`}>
                      {role}
                      {role === mine && " (you)"}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map(({ action, words, roles }) => (
                  <tr key={action} className="group">
                    <td className={TD}>{words}</td>
                    {ROLES.map((role) => (
                      <td key={role} className={`${TD} text-center text-muted`}>
                        {roles.includes(role) ? <Check className="inline size-4 text-success" aria-label="yes" /> : <span aria-label="no">–</span>}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
    </section>
  );
}
