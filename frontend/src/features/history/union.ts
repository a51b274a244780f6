/** Two definitions laid over each other, so that one picture shows what became of the first. */

import type { VersionDiff } from "@/api/types";
import type { Change } from "@/canvas/status";
import { edgeKey, parseEnd } from "@/graph/ends";
import { readDefinition } from "@/graph/read";
import type { Definition } from "@/graph/types";

export interface Union {
  definition: Definition;
  /** By node id and by edge key. */
  changes: ReadonlyMap<string, Change>;
}

/** The second definition, and what only the first one has, where it stood there. */
export function union({ before, after, diff }: VersionDiff): Union {
  const old = readDefinition(before.definition).definition;
  const now = readDefinition(after.definition).definition;
  const changes = new Map<string, Change>();
  for (const { name, change } of diff.nodes) changes.set(name, change);
  for (const { edge, change } of diff.edges) {
    // An edge that only came to stand in another place of a list goes and comes: it has changed.
    changes.set(edge, changes.has(edge) ? "changed" : change);
  }
  const ids = new Set(now.nodes.map(({ id }) => id));
  const removed = old.nodes.filter(({ id }) => !ids.has(id));
  const edges = new Set(now.edges.map(edgeKey));
  for (const { id } of removed) ids.add(id);
  const gone = old.edges.filter(
    (edge) => !edges.has(edgeKey(edge)) && ids.has(parseEnd(edge.from).node) && ids.has(parseEnd(edge.to).node),
  );
  return {
    definition: {
      ...now,
      nodes: [...now.nodes, ...removed],
      edges: [...now.edges, ...gone],
      layout: { ...Object.fromEntries(removed.flatMap(({ id }) => (old.layout[id] ? [[id, old.layout[id]]] : []))), ...now.layout },
    },
    changes,
  };
}

export function isEmpty({ diff }: VersionDiff): boolean {
  return [diff.nodes, diff.edges, diff.parameters, diff.outputs, diff.settings].every(({ length }) => length === 0);
}
