/**
 * What is shown on nodes and edges besides the graph itself: states, problems, a wire being drawn.
 *
 * It lives in a store of its own, read by each node for itself, so that a state that changes
 * redraws one node and not the canvas.
 */
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";

import type { Guide, Terminal } from "@/graph/connect";
import type { Problem } from "@/graph/types";

import type { Change, Fate, NodeStatus } from "./status";

export interface Wire {
  start: Terminal;
  guide: Guide;
}

export interface Marks {
  states: ReadonlyMap<string, NodeStatus>;
  /** What each node would do in a run that somebody is about to start. */
  fates: ReadonlyMap<string, Fate>;
  /** What became of nodes and edges since another version, by id and by edge key. */
  changes: ReadonlyMap<string, Change>;
  problems: ReadonlyMap<string, readonly Problem[]>;
  /** Problems by edge key. */
  edgeProblems: ReadonlyMap<string, readonly Problem[]>;
  /** The connection that is being drawn. */
  wire: Wire | null;
  /** Seen from so far that only shapes and states can be told apart. */
  far: boolean;
  /** Seen from near enough for the words on edges to be read. */
  near: boolean;
  /** The node a dropped wire would go to. */
  dropTarget: string | null;
  /** The edge that what is being dragged would be put into. */
  dropEdge: string | null;
}

export const NO_MARKS: Marks = {
  states: new Map(),
  fates: new Map(),
  changes: new Map(),
  problems: new Map(),
  edgeProblems: new Map(),
  wire: null,
  far: false,
  near: true,
  dropTarget: null,
  dropEdge: null,
};

export type MarksStore = StoreApi<Marks>;

const Context = createContext<MarksStore | null>(null);

export function useMarksStore(): MarksStore {
  const store = useContext(Context);
  if (!store) throw new Error("The canvas' marks are read outside of MarksProvider.");
  return store;
}

export function useMarks<T>(select: (marks: Marks) => T): T {
  return useStore(useMarksStore(), select);
}

export interface MarksProviderProps {
  states?: Marks["states"];
  fates?: Marks["fates"];
  changes?: Marks["changes"];
  problems?: readonly Problem[];
  children: ReactNode;
}

export function MarksProvider({ states, fates, changes, problems, children }: MarksProviderProps) {
  const [store] = useState(() => createStore<Marks>(() => NO_MARKS));
  useEffect(() => store.setState({ states: states ?? NO_MARKS.states }), [store, states]);
  useEffect(() => store.setState({ fates: fates ?? NO_MARKS.fates }), [store, fates]);
  useEffect(() => store.setState({ changes: changes ?? NO_MARKS.changes }), [store, changes]);
  useEffect(() => {
    store.setState({
      problems: grouped(problems ?? [], ({ node, edge }) => (edge ? null : node)),
      edgeProblems: grouped(problems ?? [], ({ edge }) => edge),
    });
  }, [store, problems]);
  return <Context.Provider value={store}>{children}</Context.Provider>;
}

function grouped(
  problems: readonly Problem[],
  key: (problem: Problem) => string | null | undefined,
): Map<string, Problem[]> {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const name = key(problem);
    if (!name) continue;
    const group = groups.get(name);
    if (group) group.push(problem);
    else groups.set(name, [problem]);
  }
  return groups;
}
