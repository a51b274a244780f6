import { ACTIONS } from "@/actions";
import { Dialog, Kbd } from "@/ui";

const GROUPS = ["Edit", "Canvas", "Pipeline", "Help"] as const;

const MOUSE = [
  ["Double-click the canvas", "Add a node there"],
  ["Drop a wire on the canvas", "Add a node that fits, connected"],
  ["Drop a wire on a node", "Connect to the port that fits best"],
  ["Shift + drag", "Select what lies in a box"],
  ["Ctrl + click", "Add to the selection"],
  ["Wheel, or pinch", "Zoom"],
] as const;

/** Every key of the editor. Letters act only while the canvas has the focus. */
export function HelpDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onOpenChange={(next) => !next && onClose()} size="lg" title="Keys and mouse">
      <div className="grid gap-x-8 gap-y-4 pb-2 sm:grid-cols-2">
        {GROUPS.map((group) => (
          <section key={group} className={group === "Edit" || group === "Canvas" ? "" : "sm:col-start-2"}>
            <h3 className="mb-1.5 text-xs font-semibold text-muted">{group}</h3>
            <dl className="flex flex-col gap-1">
              {ACTIONS.filter((action) => action.group === group && action.keys.length > 0).map((action) => (
                <div key={action.id} className="flex items-center gap-2">
                  <dt className="flex-1">{action.label}</dt>
                  <dd className="flex gap-1">
                    {action.keys.map((keys) => (
                      <Kbd key={keys} keys={keys} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3 className="mb-1.5 text-xs font-semibold text-muted">Mouse</h3>
          <dl className="flex flex-col gap-1">
            {MOUSE.map(([what, does]) => (
              <div key={what} className="flex gap-3">
                <dt className="w-44 shrink-0 text-muted">{what}</dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
