import { Link } from "react-router";

import type { NodeDetail, RunNode } from "@/api/types";
import { RelativeTime, Ticks } from "@/ui";

/** Where a node's results are from, when it was another run that made them. */
export function ReusedFrom({ node }: { node: RunNode }) {
  const origin = node.reused_from;
  if (!origin) return null;
  const link = `/runs/${origin.run}?node=${encodeURIComponent(origin.node)}`;
  return (
    <span data-testid="reused-from">
      {node.cached ? "from the cache: " : "kept: "}
      <Link to={link} className="underline decoration-line-strong hover:text-accent">
        run #{origin.number}
      </Link>
      {origin.at && (
        <>
          , made <RelativeTime at={origin.at} />
        </>
      )}
    </span>
  );
}

/** Why the cache had nothing for a node that asked it. */
export function CacheMiss({ cache }: { cache: NodeDetail["cache"] | undefined }) {
  if (!cache || cache.hit) return null;
  return (
    <p data-testid="cache-miss" className="shrink-0 px-3 pb-2 text-xs text-muted">
      Not from the cache: <Ticks text={listed(cache.why)} />
    </p>
  );
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")}, and ${words.at(-1)}`;
}
