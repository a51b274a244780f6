import { Link } from "react-router";
import type { NodeEnvironment } from "@/api/types";
import { Badge, Duration, StateBadge } from "@/ui";

/** What a node runs in, and how building it went. The log of that is attempt 0's. */
export function EnvironmentPane({ environment }: { environment: NodeEnvironment }) {
  const { build, digest, python, requirements } = environment;
  return (
    <dl className="grid shrink-0 grid-cols-[auto_1fr] gap-x-4 gap-y-1 p-3 text-xs [&_dd]:min-w-0 [&_dt]:text-muted">
      <dt>Requirements</dt>
      <dd className="flex flex-wrap gap-1">
        {requirements.map((text) => (
          <Badge key={text}>{text}</Badge>
        ))}
      </dd>
      {python && (
        <>
          <dt>Python</dt>
          <dd>{python}</dd>
        </>
      )}
      <dt>Lock</dt>
      <dd>
        {digest ? (
          <Link to={`/environments/${digest}`} className="font-mono text-accent underline">
            {digest.slice(0, 12)}
          </Link>
        ) : (
          "not chosen yet"
        )}
      </dd>
      {build && (
        <>
          <dt>Built for it</dt>
          <dd className="flex flex-wrap items-center gap-2">
            <StateBadge state={build.state} />
            <Duration start={build.started_at} end={build.ended_at} />
            <span className="font-mono text-muted">{build.worker}</span>
          </dd>
        </>
      )}
    </dl>
  );
}
