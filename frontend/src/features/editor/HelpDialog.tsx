import type { ReactNode } from "react";

import { type Action, ACTIONS } from "@/actions";
import { Dialog, Kbd } from "@/ui";

const MOUSE = [
  ["Double-click the canvas", "Add a node there"],
  ["Drop a wire on the canvas", "Add what fits, connected"],
  ["Drop a component on an edge", "Insert it there"],
  ["Drag a free node onto an edge", "Insert it there"],
  ["Drop a wire on a node", "Connect where it fits best"],
  ["Shift + drag", "Select what lies in a box"],
  ["Ctrl + click", "Add to the selection"],
  ["Wheel, or pinch", "Zoom"],
] as const;

interface Row {
  label: string;
  keys: readonly string[];
}

/** Four arrows that do the same in four directions are one row. */
const ARROWS: Partial<Record<Action["group"], Row[]>> = {
  Canvas: [
    { label: "Go to the next node that way", keys: ["←", "→", "↑", "↓"] },
    { label: "Move the selected nodes", keys: ["Shift+←", "→", "↑", "↓"] },
  ],
  Arrange: [{ label: "Align the sides that way", keys: ["Shift+Alt+←", "→", "↑", "↓"] }],
};

function rowsOf(group: Action["group"]): Row[] {
  const rows = ACTIONS.filter(({ group: own, keys }) => own === group && keys.length > 0);
  const plain = rows.filter(({ keys }) => !keys.some((one) => one.includes("Arrow")));
  return [...plain, ...(ARROWS[group] ?? [])];
}

/** Every key of the editor. Letters act only while the canvas has the focus. */
export function HelpDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      size="lg"
      title="Keys and mouse"
      description="Letters and arrows act while the canvas has the focus, never while you type."
    >
      <div className="grid items-start gap-x-10 gap-y-5 pt-2 pb-2 sm:grid-cols-2">
        <div className="flex flex-col gap-5">
          <Keys group="Edit" />
          <Keys group="Arrange" />
          <Keys group="Help" />
        </div>
        <div className="flex flex-col gap-5">
          <Keys group="Canvas" />
          <Keys group="Pipeline" />
          <Group title="Mouse">
            {MOUSE.map(([what, does]) => (
              <div key={what} className="flex gap-3">
                <dt className="flex-1">{does}</dt>
                <dd className="text-muted">{what}</dd>
              </div>
            ))}
          </Group>
        </div>
      </div>
    </Dialog>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1.5 text-xs font-semibold text-muted">{title}</h3>
      <dl className="flex flex-col gap-1.5">{children}</dl>
    </section>
  );
}

function Keys({ group }: { group: Action["group"] }) {
  return (
    <Group title={group}>
      {rowsOf(group).map(({ label, keys }) => (
        <div key={label} className="flex items-center gap-2">
          <dt className="flex-1">{label}</dt>
          <dd className="flex gap-1">
            {keys.map((one) => (
              <Kbd key={one} keys={one} />
            ))}
          </dd>
        </div>
      ))}
    </Group>
  );
}
