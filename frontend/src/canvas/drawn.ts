import { useMemo } from "react";

import type { Drawn } from "@/document";
import { nodeSize } from "@/graph/geometry";
import { placeAll } from "@/graph/placement";
import type { Catalog, Definition } from "@/graph/types";

/** The document with a place for every node, given or found. */
export function drawn(definition: Definition, catalog: Catalog): Drawn {
  const components = new Map(definition.nodes.map(({ id, component }) => [id, component]));
  const layout = placeAll(definition, (id) => nodeSize(catalog.spec(components.get(id) ?? "")));
  return { definition, catalog, layout };
}

export function useDrawn(definition: Definition, catalog: Catalog): Drawn {
  return useMemo(() => drawn(definition, catalog), [definition, catalog]);
}
