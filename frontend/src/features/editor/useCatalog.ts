import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";

import { keys, useComponents } from "@/api/hooks";
import { getComponentVersion } from "@/api/resources/components";
import type { Component } from "@/api/types";
import { catalogOf, parseRef } from "@/graph/catalog";
import type { Catalog, ComponentSpec, Definition } from "@/graph/types";

export interface EditorCatalog {
  catalog: Catalog;
  components: readonly Component[];
  /** The newest version of a component, by its full name. */
  latest: ReadonlyMap<string, number>;
  error: Error | null;
  /** False until the list is there: unknown components are then not yet unknown. */
  ready: boolean;
  refetch: () => void;
}

const NONE: readonly Component[] = [];

type Version = Awaited<ReturnType<typeof getComponentVersion>>;

const found = (results: UseQueryResult<Version>[]): (Version | undefined)[] => results.map(({ data }) => data);

/** The components one may use, and the older versions that this definition is pinned to. */
export function useCatalog(definition: Definition): EditorCatalog {
  const list = useComponents();
  const components = list.data ?? NONE;
  const latest = useMemo(
    () => new Map(components.map(({ full_name, latest: version }) => [full_name, version])),
    [components],
  );
  const pins = useMemo(() => olderPins(definition, latest).join(" "), [definition, latest]);
  const pinned = useMemo(() => (pins ? pins.split(" ") : []), [pins]);
  const versions = useQueries({
    queries: pinned.map((ref) => {
      const { name, version } = parseRef(ref);
      const [namespace = "", component = ""] = name.split("/");
      return {
        queryKey: keys.componentVersion(namespace, component, version ?? 0),
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          getComponentVersion(namespace, component, version ?? 0, signal),
        staleTime: Infinity,
      };
    }),
    combine: found,
  });
  const catalog = useMemo(() => {
    const specs: Record<string, ComponentSpec> = {};
    for (const { full_name, latest: version, spec } of components) {
      specs[full_name] = specs[`${full_name}@${version}`] = spec;
    }
    pinned.forEach((ref, at) => {
      const spec = versions[at]?.spec;
      if (spec) specs[ref] = spec;
    });
    return catalogOf(specs);
  }, [components, pinned, versions]);
  return {
    catalog,
    components,
    latest,
    error: list.error,
    ready: list.data !== undefined,
    refetch: () => void list.refetch(),
  };
}

/** References to versions that are not the newest. */
function olderPins({ nodes }: Definition, latest: ReadonlyMap<string, number>): string[] {
  const older = nodes.filter(({ component }) => {
    const { name, version } = parseRef(component);
    return version !== null && version < (latest.get(name) ?? 0);
  });
  return [...new Set(older.map(({ component }) => component))].sort();
}
