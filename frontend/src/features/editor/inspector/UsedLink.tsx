import type { ReactNode } from "react";
import { Link } from "react-router";

import { refOf, shownName } from "@/graph/catalog";
import type { NodeDef } from "@/graph/types";

import { useEditor } from "../context";

export interface UsedLinkProps {
  node: NodeDef;
  className?: string;
  children?: ReactNode;
}

/** The way to what a node uses: a component's page in the catalog, or a pipeline. */
export function UsedLink({ node, className, children }: UsedLinkProps) {
  const { components } = useEditor();
  const ref = refOf(node);
  const name = shownName(ref);
  const to = node.pipeline ? components.pipelineId(ref) && `/pipelines/${components.pipelineId(ref)}` : `/components/${name}`;
  if (!to) return <span className={className}>{children ?? name}</span>;
  return (
    <Link to={to} className={className}>
      {children ?? name}
    </Link>
  );
}
