/** Everything that can be done in the editor, in one list. */
import type { Action, ActionContext } from "./action";
import { ARRANGE_ACTIONS } from "./arrangeActions";
import { SELECTION_ACTIONS } from "./selectionActions";

const editable = ({ store }: ActionContext): boolean => store.getState().editable;
const always = (): boolean => true;
const notEmpty = ({ store }: ActionContext): boolean => store.getState().definition.nodes.length > 0;

const RERUNS = [
  ["to", "Run to here", "Mod+Shift+Enter"],
  ["from", "Run from here", "Alt+Enter"],
  ["only", "Run only these", "Shift+Alt+Enter"],
] as const;

const RERUN_ACTIONS = RERUNS.map(
  ([mode, label, key]): Action => ({
    id: `run-${mode}`,
    label,
    group: "Pipeline",
    keys: [key],
    scope: "page",
    enabled: ({ store }) => store.getState().selection.nodes.size > 0,
    perform: ({ around, store }) => around.askRerun(mode, store.getState().selection.nodes),
  }),
);

export const ACTIONS: readonly Action[] = [
  {
    id: "undo",
    label: "Undo",
    group: "Edit",
    keys: ["Mod+Z"],
    scope: "page",
    enabled: ({ store }) => store.getState().history.past.length > 0,
    perform: ({ store }) => void store.getState().undo(),
  },
  {
    id: "redo",
    label: "Redo",
    group: "Edit",
    keys: ["Mod+Shift+Z", "Mod+Y"],
    scope: "page",
    enabled: ({ store }) => store.getState().history.future.length > 0,
    perform: ({ store }) => void store.getState().redo(),
  },
  ...SELECTION_ACTIONS,
  ...ARRANGE_ACTIONS,
  {
    id: "add",
    label: "Add a node",
    group: "Canvas",
    keys: ["N"],
    scope: "canvas",
    enabled: editable,
    perform: ({ around }) => around.addHere(),
  },
  {
    id: "search",
    label: "Search components",
    group: "Canvas",
    keys: ["Mod+K"],
    scope: "always",
    enabled: editable,
    perform: ({ around }) => around.searchPalette(),
  },
  {
    id: "find",
    label: "Find in the graph",
    group: "Canvas",
    keys: ["Mod+F"],
    scope: "always",
    enabled: notEmpty,
    perform: ({ around }) => around.openFind(),
  },
  {
    id: "tidy",
    label: "Tidy",
    group: "Canvas",
    keys: ["Shift+Alt+T"],
    scope: "page",
    enabled: (context) => editable(context) && notEmpty(context),
    perform: ({ around, store }) => around.tidy(store.getState().selection.nodes),
  },
  {
    id: "fit",
    label: "Fit",
    group: "Canvas",
    keys: ["F"],
    scope: "canvas",
    enabled: always,
    perform: ({ view }) => view.fit(),
  },
  {
    id: "run",
    label: "Run",
    group: "Pipeline",
    keys: ["Mod+Enter"],
    scope: "always",
    enabled: notEmpty,
    perform: ({ around }) => around.openRun(),
  },
  {
    id: "runWith",
    label: "Run with options…",
    group: "Pipeline",
    keys: ["Mod+Alt+Enter"],
    scope: "always",
    enabled: notEmpty,
    perform: ({ around }) => around.openRun(true),
  },
  ...RERUN_ACTIONS,
  {
    id: "save",
    label: "Save now",
    group: "Pipeline",
    keys: ["Mod+S"],
    scope: "always",
    enabled: always,
    perform: ({ around }) => around.save(),
  },
  {
    id: "publish",
    label: "Publish",
    group: "Pipeline",
    keys: [],
    scope: "page",
    enabled: (context) => editable(context) && notEmpty(context),
    perform: ({ around }) => around.openPublish(),
  },
  {
    id: "help",
    label: "Keys",
    group: "Help",
    keys: ["?"],
    scope: "page",
    enabled: always,
    perform: ({ around }) => around.openHelp(),
  },
];

const BY_ID = new Map(ACTIONS.map((action) => [action.id, action]));

export function action(id: string): Action {
  const found = BY_ID.get(id);
  if (!found) throw new Error(`There is no action \`${id}\`.`);
  return found;
}
