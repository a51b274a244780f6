import { copyOf, moveAct, pasteAct, removeAct } from "@/document";
import { fromYaml, toYaml } from "@/graph/clipboard";
import { edgeKey } from "@/graph/ends";
import { GRID } from "@/graph/geometry";
import type { Point } from "@/graph/types";

import type { Action, ActionContext } from "./action";

const selectedNodes = ({ store }: ActionContext): ReadonlySet<string> => store.getState().selection.nodes;
const editable = ({ store }: ActionContext): boolean => store.getState().editable;

const hasSelection = ({ store }: ActionContext): boolean => {
  const { nodes, edges } = store.getState().selection;
  return nodes.size + edges.size > 0;
};

/** The selected nodes as YAML; null when none is selected. */
export function copied(context: ActionContext): string | null {
  const { selection } = context.store.getState();
  return selection.nodes.size > 0 ? toYaml(copyOf(context.drawn(), selection)) : null;
}

/** Puts nodes from text onto the canvas; tells what could not be taken over. */
export function paste(context: ActionContext, text: string): void {
  const { around, store, view } = context;
  const parsed = fromYaml(text);
  if ("error" in parsed) return around.say(parsed.error, true);
  const pasting = pasteAct(context.drawn(), parsed.fragment, "paste", view.middle());
  const refused = store.getState().perform(pasting.act);
  if (refused) return around.say(refused, true);
  store.getState().select({ nodes: pasting.selection });
  const notes = [...parsed.notes, ...pasting.notes];
  if (notes.length > 0) around.say(notes.join(" "), true);
}

export function removeSelected({ store }: ActionContext): void {
  const { definition, selection, perform } = store.getState();
  perform(removeAct(definition, selection));
}

function duplicate(context: ActionContext): void {
  const { store } = context;
  const pasting = pasteAct(context.drawn(), copyOf(context.drawn(), store.getState().selection), "duplicate");
  if (store.getState().perform(pasting.act) === null) store.getState().select({ nodes: pasting.selection });
}

function copyByMenu(context: ActionContext, cut: boolean): void {
  const text = copied(context);
  if (text === null) return;
  navigator.clipboard.writeText(text).then(
    () => cut && removeSelected(context),
    () => context.around.say("The browser does not let this page use the clipboard; press Ctrl+C instead.", true),
  );
}

function nudge(context: ActionContext, [dx, dy]: Point): void {
  const drawn = context.drawn();
  const ids = [...selectedNodes(context)];
  const positions = Object.fromEntries(
    ids.map((id): [string, Point] => {
      const [x, y] = drawn.layout[id] ?? [0, 0];
      return [id, [x + dx, y + dy]];
    }),
  );
  context.store.getState().perform(moveAct(drawn, positions, { merge: `move ${ids.join(" ")}` }));
}

const DIRECTIONS: { name: string; key: string; step: Point }[] = [
  { name: "left", key: "ArrowLeft", step: [-1, 0] },
  { name: "right", key: "ArrowRight", step: [1, 0] },
  { name: "up", key: "ArrowUp", step: [0, -1] },
  { name: "down", key: "ArrowDown", step: [0, 1] },
];

/** The nearest node in a direction: what lies straight ahead counts as nearer. */
function walk(context: ActionContext, [dx, dy]: Point): void {
  const { definition, layout } = context.drawn();
  const [from] = selectedNodes(context);
  const places = definition.nodes.map(({ id }) => ({ id, at: layout[id] ?? ([0, 0] as Point) }));
  const start = places.find(({ id }) => id === from);
  let best = start ? null : places[0];
  let shortest = Number.POSITIVE_INFINITY;
  for (const place of start ? places : []) {
    const [x, y] = [place.at[0] - (start as typeof place).at[0], place.at[1] - (start as typeof place).at[1]];
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    const distance = ahead + 2 * aside;
    if (ahead > 0 && distance < shortest) [best, shortest] = [place, distance];
  }
  if (!best) return;
  context.store.getState().select({ nodes: new Set([best.id]) });
  context.around.focusNode(best.id);
}

export const SELECTION_ACTIONS: Action[] = [
  {
    id: "cut",
    label: "Cut",
    group: "Edit",
    keys: ["Mod+X"],
    scope: "canvas",
    enabled: (context) => editable(context) && selectedNodes(context).size > 0,
    perform: (context) => copyByMenu(context, true),
  },
  {
    id: "copy",
    label: "Copy",
    group: "Edit",
    keys: ["Mod+C"],
    scope: "canvas",
    enabled: (context) => selectedNodes(context).size > 0,
    perform: (context) => copyByMenu(context, false),
  },
  {
    id: "paste",
    label: "Paste",
    group: "Edit",
    keys: ["Mod+V"],
    scope: "canvas",
    enabled: editable,
    perform: (context) => {
      navigator.clipboard.readText().then(
        (text) => paste(context, text),
        () => context.around.say("The browser does not let this page read the clipboard; press Ctrl+V instead.", true),
      );
    },
  },
  {
    id: "duplicate",
    label: "Duplicate",
    group: "Edit",
    keys: ["Mod+D"],
    scope: "page",
    enabled: (context) => editable(context) && selectedNodes(context).size > 0,
    perform: duplicate,
  },
  {
    id: "delete",
    label: "Delete",
    group: "Edit",
    keys: ["Delete", "Backspace"],
    scope: "canvas",
    enabled: (context) => editable(context) && hasSelection(context),
    perform: removeSelected,
  },
  {
    id: "rename",
    label: "Rename",
    group: "Edit",
    keys: ["F2"],
    scope: "page",
    enabled: (context) => editable(context) && selectedNodes(context).size === 1,
    perform: ({ around }) => around.renameNode(),
  },
  {
    id: "select-all",
    label: "Select all",
    group: "Edit",
    keys: ["Mod+A"],
    scope: "page",
    enabled: () => true,
    perform: ({ store }) => {
      const { nodes, edges } = store.getState().definition;
      store.getState().select({
        nodes: new Set(nodes.map(({ id }) => id)),
        edges: new Set(edges.map(edgeKey)),
      });
    },
  },
  {
    id: "select-none",
    label: "Close the node, select nothing",
    group: "Edit",
    keys: ["Escape"],
    scope: "page",
    enabled: hasSelection,
    perform: ({ store }) => store.getState().select({}),
  },
  ...DIRECTIONS.map(({ name, key, step }): Action => ({
    id: `walk-${name}`,
    label: `Go to the node ${name === "up" || name === "down" ? name : `to the ${name}`}`,
    group: "Canvas",
    keys: [key],
    scope: "canvas",
    enabled: ({ store }) => store.getState().definition.nodes.length > 0,
    perform: (context) => walk(context, step),
  })),
  ...DIRECTIONS.map(({ name, key, step: [x, y] }): Action => ({
    id: `move-${name}`,
    label: `Move ${name}`,
    group: "Canvas",
    keys: [`Shift+${key}`],
    scope: "canvas",
    enabled: (context) => editable(context) && selectedNodes(context).size > 0,
    perform: (context) => nudge(context, [x * GRID, y * GRID]),
  })),
];
