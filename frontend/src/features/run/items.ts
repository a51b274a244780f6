/** Items of mapped nodes are called `train[17]`. */
const ITEM = /^(.+)\[(\d+)\]$/;

/** The mapped node and the place in its list; null for an ordinary node. */
export function parseItem(id: string): { node: string; index: number } | null {
  const found = ITEM.exec(id);
  return found ? { node: found[1] as string, index: Number(found[2]) } : null;
}

/** The node in the graph that an id belongs to. */
export function graphNode(id: string): string {
  return parseItem(id)?.node ?? id;
}
