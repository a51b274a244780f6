import { Link } from "react-router";
import type { Attempt } from "@/api/types";
import { Duration, formatBytes, formatDuration, formatNumber, RelativeTime, StateBadge, Ticks } from "@/ui";

/** Every try: when, where, how it ended and what it used; the newest first. */
export function AttemptsPane({ attempts }: { attempts: Attempt[] }) {
  if (attempts.length === 0) return <p className="text-muted">It has not been tried yet.</p>;
  return (
    <ol className="flex flex-col gap-3">
      {[...attempts].reverse().map((attempt) => (
        <li key={attempt.number} className="rounded-md border p-3">
          <div className="mb-2 flex items-center gap-2">
            <span className="font-medium">Attempt {attempt.number}</span>
            <StateBadge state={attempt.state} />
            <span className="ml-auto text-xs text-muted">
              <RelativeTime at={attempt.started_at} />
            </span>
          </div>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-xs [&_dd]:min-w-0 [&_dd]:break-words [&_dt]:text-muted">
            <dt>Duration</dt>
            <dd>
              <Duration start={attempt.started_at} end={attempt.ended_at} />
            </dd>
            <dt>Worker</dt>
            <dd className="font-mono">{attempt.worker || "–"}</dd>
            {attempt.environment && (
              <>
                <dt>Environment</dt>
                <dd>
                  <Link to={`/environments/${attempt.environment}`} className="font-mono text-accent underline">
                    {attempt.environment.slice(0, 12)}
                  </Link>
                </dd>
              </>
            )}
            {Object.keys(attempt.secrets).length > 0 && (
              <>
                <dt>Secrets</dt>
                <dd>
                  {Object.entries(attempt.secrets)
                    .map(([name, version]) => `${name} v${String(version)}`)
                    .join(", ")}
                </dd>
              </>
            )}
            <dt>Exit</dt>
            <dd>{exitText(attempt)}</dd>
            {attempt.cpu_seconds !== null && (
              <>
                <dt>CPU time</dt>
                <dd>{formatDuration(attempt.cpu_seconds * 1000)}</dd>
              </>
            )}
            {attempt.peak_memory !== null && (
              <>
                <dt>Most memory</dt>
                <dd>{formatBytes(attempt.peak_memory)}</dd>
              </>
            )}
            <dt>Log</dt>
            <dd>
              {formatNumber(attempt.log_lines)} lines, {formatBytes(attempt.log_bytes)}
              {attempt.log_truncated && ", cut off"}
            </dd>
            {attempt.error && (
              <>
                <dt>Error</dt>
                <dd>
                  {attempt.error.kind}:{" "}
                  {attempt.error.kind === "exception" ? attempt.error.message : <Ticks text={attempt.error.message} />}
                </dd>
              </>
            )}
          </dl>
        </li>
      ))}
    </ol>
  );
}

function exitText({ exit_code, signal, ended_at }: Attempt): string {
  if (signal) return `ended by ${signal}`;
  if (exit_code !== null) return `code ${exit_code}`;
  return ended_at ? "unknown" : "still going";
}
