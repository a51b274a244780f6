import { useMemo } from "react";

import type { Drawn } from "@/document";
import { nodeSize } from "@/graph/geometry";
import { portsOf } from "@/graph/interface";
import { placeAll } from "@/graph/placement";
import type { Catalog, Definition } from "@/graph/types";

/** The document with a place for every node, given or found. */
export function drawn(definition: Definition, catalog: Catalog): Drawn {
  const nodes = new Map(definition.nodes.map((node) => [node.id, node]));
  const layout = placeAll(definition, (id) => {
    const node = nodes.get(id);
    return nodeSize(node && portsOf(definition, catalog, node));
  });
  return { definition, catalog, layout };
}

export function useDrawn(definition: Definition, catalog: Catalog): Drawn {
  return useMemo(() => drawn(definition, catalog), [definition, catalog]);
}
