import { boxesOf, moveAct } from "@/document";
import { align, type Alignment, distribute, type Placed } from "@/graph/arrange";
import type { Layout } from "@/graph/types";

import type { Action, ActionContext } from "./action";

function selectedBoxes(context: ActionContext): Placed[] {
  const drawn = context.drawn();
  const { nodes } = context.store.getState().selection;
  const boxes = boxesOf(drawn);
  return drawn.definition.nodes.flatMap(({ id }, at) => {
    const box = boxes[at];
    return nodes.has(id) && box ? [{ id, ...box }] : [];
  });
}

interface Arrangement {
  id: string;
  label: string;
  key: string;
  /** So many must be selected for it to change anything. */
  least: 2 | 3;
  place: (boxes: readonly Placed[]) => Layout;
}

const aligning = (how: Alignment, label: string, key: string): Arrangement => ({
  id: `align-${how}`,
  label,
  key,
  least: 2,
  place: (boxes) => align(boxes, how),
});

const ARRANGEMENTS: readonly Arrangement[] = [
  aligning("left", "Align left sides", "Shift+Alt+ArrowLeft"),
  aligning("center", "Align centres, in a column", "Shift+Alt+C"),
  aligning("right", "Align right sides", "Shift+Alt+ArrowRight"),
  aligning("top", "Align tops", "Shift+Alt+ArrowUp"),
  aligning("middle", "Align middles, in a row", "Shift+Alt+M"),
  aligning("bottom", "Align bottoms", "Shift+Alt+ArrowDown"),
  {
    id: "distribute-horizontal",
    label: "Equal gaps across",
    key: "Shift+Alt+H",
    least: 3,
    place: (boxes) => distribute(boxes, "horizontal"),
  },
  {
    id: "distribute-vertical",
    label: "Equal gaps downwards",
    key: "Shift+Alt+V",
    least: 3,
    place: (boxes) => distribute(boxes, "vertical"),
  },
];

export const ARRANGE_ACTIONS: Action[] = ARRANGEMENTS.map(({ id, label, key, least, place }) => ({
  id,
  label,
  group: "Arrange",
  keys: [key],
  scope: "canvas",
  enabled: ({ store }) => store.getState().editable && store.getState().selection.nodes.size >= least,
  perform: (context) => {
    const layout = place(selectedBoxes(context));
    context.store.getState().perform(moveAct(context.drawn(), layout, { label: label.toLowerCase() }));
  },
}));
