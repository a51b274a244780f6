import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";

import { keys, useComponents, usePipelineSpecs } from "@/api/hooks";
import { getComponentVersion } from "@/api/resources/components";
import { getVersion } from "@/api/resources/pipelines";
import type { Component, Pipeline, PipelineSpec } from "@/api/types";
import { catalogOf, isPipelineRef, parseRef, PIPELINE_PREFIX, refOf } from "@/graph/catalog";
import type { Catalog, ComponentSpec, Definition } from "@/graph/types";

export interface EditorCatalog {
  catalog: Catalog;
  /** What can be added: components, and pipelines that were published. */
  components: readonly Component[];
  /** The newest version of a component or pipeline, by its full name. */
  latest: ReadonlyMap<string, number>;
  /** The id of the pipeline that a reference such as `pipeline:score-model@4` names. */
  pipelineId(ref: string): string | undefined;
  error: Error | null;
  /** False until the list is there: unknown components are then not yet unknown. */
  ready: boolean;
  refetch: () => void;
}

const NONE: readonly Component[] = [];
const NO_PIPELINES: readonly PipelineSpec[] = [];

interface Version {
  spec: ComponentSpec;
}

const found = (results: UseQueryResult<Version>[]): (Version | undefined)[] => results.map(({ data }) => data);

/** Reads an older version of a component, or of a pipeline with the id `pipeline`. */
function versionQuery(ref: string, pipeline: string | undefined) {
  const { name, version } = parseRef(ref);
  const number = version ?? 0;
  const [namespace = "", component = ""] = name.split("/");
  return {
    queryKey: isPipelineRef(ref) ? keys.version(pipeline ?? "", number) : keys.componentVersion(namespace, component, number),
    queryFn: ({ signal }: { signal: AbortSignal }): Promise<Version> =>
      isPipelineRef(ref) ? getVersion(pipeline ?? "", number, signal) : getComponentVersion(namespace, component, number, signal),
    staleTime: Infinity,
  };
}

/**
 * The components and pipelines one may use, and the older versions that this definition is pinned to.
 *
 * The pipeline itself is not offered: it cannot include itself.
 */
export function useCatalog(definition: Definition, { id, team }: Pick<Pipeline, "id" | "team">): EditorCatalog {
  const list = useComponents();
  const published = usePipelineSpecs(team);
  const usable = published.data ?? NO_PIPELINES;
  const components = useMemo(
    () => [...(list.data ?? NONE), ...usable.filter(({ pipeline }) => pipeline !== id).map(asComponent)],
    [list.data, usable, id],
  );
  const ids = useMemo(
    () => new Map(usable.map(({ slug, pipeline }) => [`${PIPELINE_PREFIX}${slug}`, pipeline])),
    [usable],
  );
  const latest = useMemo(
    () => new Map(components.map(({ full_name, latest: version }) => [full_name, version])),
    [components],
  );
  const known = list.data !== undefined;
  const pins = useMemo(() => (known ? olderPins(definition, latest).join(" ") : ""), [definition, latest, known]);
  const pinned = useMemo(() => (pins ? pins.split(" ") : []), [pins]);
  const versions = useQueries({
    queries: pinned.map((ref) => versionQuery(ref, ids.get(parseRef(ref).name))),
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
    pipelineId: (ref) => ids.get(parseRef(ref).name),
    error: list.error ?? published.error,
    ready: list.data !== undefined && published.data !== undefined,
    refetch: () => {
      void list.refetch();
      void published.refetch();
    },
  };
}

/** A published pipeline as a thing to add, like a component. */
function asComponent({ slug, version, spec }: PipelineSpec): Component {
  const { title, summary, category, kind, icon, namespace, name } = spec;
  const full_name = `${PIPELINE_PREFIX}${slug}`;
  return { namespace, name, full_name, title: title || slug, summary, category, kind, icon, latest: version, team: null, spec };
}

/** References to versions that are not the newest, or of components that are no longer shared. */
function olderPins({ nodes }: Definition, latest: ReadonlyMap<string, number>): string[] {
  const older = nodes.map(refOf).filter((ref) => {
    const { name, version } = parseRef(ref);
    const newest = latest.get(name) ?? (isPipelineRef(ref) ? 0 : Infinity);
    return version !== null && version < newest;
  });
  return [...new Set(older)].sort();
}
