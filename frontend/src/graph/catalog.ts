/** Component references, and a catalog over a plain list of specs. */
import type { Catalog, ComponentSpec } from "./types";

export interface ComponentRef {
  name: string;
  /** null where a draft leaves the version open: the newest at publishing. */
  version: number | null;
}

export function parseRef(component: string): ComponentRef {
  const at = component.indexOf("@");
  if (at < 0) return { name: component, version: null };
  return { name: component.slice(0, at), version: Number(component.slice(at + 1)) };
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
    spec: (component) =>
      specs[component] ??
      (component.includes("@") ? undefined : newest.get(component)?.spec),
  };
}
