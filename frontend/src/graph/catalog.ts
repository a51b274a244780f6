/** References to components and pipelines, and a catalog over a plain list of specs. */
import type { Catalog, ComponentSpec, NodeDef } from "./types";

/** Before the name of a pipeline where what a node uses is named in text. */
export const PIPELINE_PREFIX = "pipeline:";

export interface ComponentRef {
  name: string;
  /** null where a draft leaves the version open: the newest at publishing. */
  version: number | null;
}

export function parseRef(ref: string): ComponentRef {
  const at = ref.indexOf("@");
  if (at < 0) return { name: ref, version: null };
  return { name: ref.slice(0, at), version: Number(ref.slice(at + 1)) };
}

/** What a node uses, in one text: `core/sql@1`, or `pipeline:score-model@4`; empty for nothing. */
export function refOf({ component, pipeline }: Pick<NodeDef, "component" | "pipeline">): string {
  return component || (pipeline ? `${PIPELINE_PREFIX}${pipeline}` : "");
}

/** The part of a node that says what it uses. */
export function usingRef(ref: string): Pick<NodeDef, "component" | "pipeline"> {
  return isPipelineRef(ref) ? { pipeline: ref.slice(PIPELINE_PREFIX.length) } : { component: ref };
}

export function isPipelineRef(ref: string): boolean {
  return ref.startsWith(PIPELINE_PREFIX);
}

/** The name as people know it: `core/sql`, `score-model`. */
export function shownName(ref: string): string {
  const { name } = parseRef(ref);
  return isPipelineRef(name) ? name.slice(PIPELINE_PREFIX.length) : name;
}

export function fullName(spec: Pick<ComponentSpec, "namespace" | "name">): string {
  return `${spec.namespace}/${spec.name}`;
}

/**
 * A catalog over specs by reference.
 *
 * A pinned reference that is not listed falls back to nothing: ports of another version would
 * draw edges where there are none. An open one falls back to any listed version of that name.
 */
export function catalogOf(specs: Readonly<Record<string, ComponentSpec>>): Catalog {
  const newest = new Map<string, { version: number; spec: ComponentSpec }>();
  for (const [ref, spec] of Object.entries(specs)) {
    const { name, version } = parseRef(ref);
    const rank = version ?? Number.POSITIVE_INFINITY;
    const known = newest.get(name);
    if (!known || rank > known.version) newest.set(name, { version: rank, spec });
  }
  return {
    spec: (ref) => specs[ref] ?? (ref.includes("@") ? undefined : newest.get(ref)?.spec),
  };
}
