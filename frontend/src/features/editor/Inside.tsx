import { ChevronRight } from "lucide-react";
import { Fragment } from "react";
import { Link } from "react-router";

import { useVersion } from "@/api/hooks";
import { GraphView } from "@/canvas";
import { useDocument } from "@/document";
import { parseRef, refOf, shownName } from "@/graph/catalog";
import { readDefinition } from "@/graph/read";
import type { NodeDef } from "@/graph/types";
import { buttonClass, EmptyState, Loaded } from "@/ui";

import { useEditor } from "./context";

/** A sub-pipeline's version in place of the canvas, to look at, with the way back. */
export function Inside({ path }: { path: readonly string[] }) {
  const nodes = useDocument((state) => state.definition.nodes);
  return (
    <div className="flex min-w-0 flex-1 flex-col" data-testid="inside">
      <Level nodes={nodes} path={path} depth={0} />
    </div>
  );
}

interface LevelProps {
  /** The nodes of the pipeline that is around this one. */
  nodes: readonly NodeDef[];
  path: readonly string[];
  depth: number;
}

/** One step inwards: reads the version that the node uses, and goes on or draws it. */
function Level({ nodes, path, depth }: LevelProps) {
  const { components, openInside } = useEditor();
  const node = nodes.find(({ id }) => id === path[depth]);
  const ref = node ? refOf(node) : "";
  const { name, version } = parseRef(ref);
  const number = version ?? components.latest.get(name) ?? null;
  const pipeline = components.pipelineId(ref);
  const query = useVersion(pipeline ?? "", pipeline ? number : null);
  if (!node || (components.ready && (!pipeline || number === null))) {
    return (
      <>
        <Crumbs path={path.slice(0, depth)} />
        <EmptyState title="There is nothing to look into">
          `{path[depth]}` is not there, or uses no pipeline that your team has published.
        </EmptyState>
      </>
    );
  }
  return (
    <Loaded query={query} what="this pipeline">
      {({ definition, components: specs }) =>
        depth < path.length - 1 ? (
          <Level nodes={readDefinition(definition).definition.nodes} path={path} depth={depth + 1} />
        ) : (
          <>
            <Crumbs path={path}>
              <span className="text-xs text-muted">
                Version {number} of {shownName(ref)}, read-only
              </span>
              <Link to={`/pipelines/${pipeline}`} className={buttonClass("secondary", "sm")}>
                Edit it
              </Link>
            </Crumbs>
            <div className="min-h-0 flex-1">
              <GraphView
                key={path.join("/")}
                definition={definition}
                components={specs}
                onOpen={(id) => openInside([...path, id])}
                label={`Inside of ${path.at(-1)}`}
              />
            </div>
          </>
        )
      }
    </Loaded>
  );
}

function Crumbs({ path, children }: { path: readonly string[]; children?: React.ReactNode }) {
  const { openInside } = useEditor();
  const name = useDocument((state) => state.definition.name);
  return (
    <nav aria-label="Where this is" className="flex min-h-9 shrink-0 items-center gap-1 border-b bg-surface px-3">
      <button type="button" className="truncate font-medium text-accent hover:underline" onClick={() => openInside([])}>
        {name || "Draft"}
      </button>
      {path.map((id, at) => (
        <Fragment key={`${at} ${id}`}>
          <ChevronRight className="size-3.5 shrink-0 text-faint" aria-hidden />
          {at === path.length - 1 ? (
            <span aria-current="page" className="truncate font-medium">
              {id}
            </span>
          ) : (
            <button
              type="button"
              className="truncate text-accent hover:underline"
              onClick={() => openInside(path.slice(0, at + 1))}
            >
              {id}
            </button>
          )}
        </Fragment>
      ))}
      <span className="flex-1" />
      {children}
    </nav>
  );
}
