import { Link } from "./LinkEdge";
import { NodeCard } from "./NodeCard";

/** What the renderer draws for each type of node and edge; the same objects for ever. */
export const NODE_TYPES = { card: NodeCard };
export const EDGE_TYPES = { link: Link };
