/** Undo and redo: steps of an edit and its inverse; what belongs together is one step. */
import { same } from "@/graph/same";
import type { Definition } from "@/graph/types";

import { apply } from "./apply";
import type { Edit } from "./edits";

export interface Step {
  edit: Edit;
  inverse: Edit;
  /** What was done, for "Undo move": lower case, no full stop. */
  label: string;
  /** Steps with the same key, close in time, become one. */
  merge: string | null;
  at: number;
}

export interface History {
  past: readonly Step[];
  future: readonly Step[];
}

export const EMPTY: History = { past: [], future: [] };

/** Typing in one field, or nudging one selection, is one step until a pause this long (ms). */
export const MERGE_WITHIN = 1200;
const MOST_STEPS = 500;

export interface Change {
  definition: Definition;
  history: History;
  step: Step;
}

export interface Act {
  edit: Edit;
  label: string;
  merge?: string;
}

/** Does something new; what could be redone is forgotten. Raises EditRefused. */
export function perform(definition: Definition, history: History, act: Act, now: number): Change {
  const { definition: next, inverse } = apply(definition, act.edit);
  const merge = act.merge ?? null;
  const step: Step = { edit: act.edit, inverse, label: act.label, merge, at: now };
  const last = history.past.at(-1);
  const past =
    last && merge !== null && last.merge === merge && now - last.at <= MERGE_WITHIN
      ? [...history.past.slice(0, -1), joined(last, step)]
      : [...history.past, step].slice(-MOST_STEPS);
  return { definition: next, history: { past, future: [] }, step };
}

function joined(first: Step, second: Step): Step {
  if (overrides(first.edit, second.edit)) return { ...second, inverse: first.inverse };
  return {
    ...second,
    edit: { kind: "batch", edits: [...flat(first.edit), ...flat(second.edit)] },
    inverse: { kind: "batch", edits: [...flat(second.inverse), ...flat(first.inverse)] },
  };
}

/** Whether the second edit alone leaves what both would: the same place, set once more. */
function overrides(first: Edit, second: Edit): boolean {
  switch (second.kind) {
    case "setParam":
      return first.kind === "setParam" && first.node === second.node && first.name === second.name;
    case "setOption":
      return (
        first.kind === "setOption" && first.node === second.node && first.option === second.option
      );
    case "setField":
      return first.kind === "setField" && first.field === second.field;
    case "setParameters":
      return first.kind === "setParameters";
    case "move":
      return (
        first.kind === "move" &&
        same(Object.keys(first.positions).sort(), Object.keys(second.positions).sort())
      );
    default:
      return false;
  }
}

function flat(edit: Edit): Edit[] {
  return edit.kind === "batch" ? edit.edits : [edit];
}

export function undo(definition: Definition, history: History): Change | null {
  const step = history.past.at(-1);
  if (!step) return null;
  const undone = apply(definition, step.inverse);
  return {
    definition: undone.definition,
    history: {
      past: history.past.slice(0, -1),
      future: [{ ...step, merge: null }, ...history.future],
    },
    step,
  };
}

export function redo(definition: Definition, history: History): Change | null {
  const step = history.future[0];
  if (!step) return null;
  const { definition: next, inverse } = apply(definition, step.edit);
  return {
    definition: next,
    history: { past: [...history.past, { ...step, inverse }], future: history.future.slice(1) },
    step,
  };
}
