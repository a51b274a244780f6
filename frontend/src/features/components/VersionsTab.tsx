import { clsx } from "clsx";
import { useSearchParams } from "react-router";
import { useComponentDiff } from "@/api/hooks";
import type { ComponentDetail, ComponentVersionRow, ComponentDiff } from "@/api/types";
import { Badge, type BadgeTone, Button, Loaded, RelativeTime, Select, Ticks } from "@/ui";

const TONES: Record<ComponentVersionRow["compatibility"], BadgeTone> = {
  first: "neutral",
  same: "neutral",
  compatible: "success",
  breaking: "danger",
};

/** What each version brought, and any two of them beside each other. */
export function VersionsTab({ component, onChoose }: { component: ComponentDetail; onChoose: (version: string) => void }) {
  const [params, setParams] = useSearchParams();
  const { versions, latest } = component;
  const to = Number(params.get("to")) || latest;
  const from = Number(params.get("from")) || Math.max(1, to - 1);
  const compare = (older: number, newer: number) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        next.set("from", String(older));
        next.set("to", String(newer));
        return next;
      },
      { replace: true },
    );
  const options = versions.map(({ number }) => ({ value: String(number), label: `Version ${number}` }));
  return (
    <>
      <ul aria-label="Versions" className="flex flex-col divide-y rounded-lg border bg-surface shadow-card">
        {versions.map((version) => (
          <li key={version.number} className="flex items-start gap-3 px-3 py-2">
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-center gap-2">
                <button type="button" className="font-medium hover:text-accent hover:underline" onClick={() => onChoose(String(version.number))}>
                  Version {version.number}
                </button>
                <Badge tone={TONES[version.compatibility]}>{version.compatibility}</Badge>
                <span className="font-mono text-2xs text-faint" title={version.digest}>
                  {version.digest.slice(0, 12)}
                </span>
              </p>
              {version.changelog && <p className="mt-0.5 whitespace-pre-line text-muted"><Ticks text={version.changelog} /></p>}
            </div>
            <span className="text-xs text-muted">
              {version.created_by && `${version.created_by.username}, `}
              <RelativeTime at={version.created_at} />
            </span>
            {version.number > 1 && (
              <Button size="sm" aria-label={`What is new in version ${version.number}`} onClick={() => compare(version.number - 1, version.number)}>
                What is new
              </Button>
            )}
          </li>
        ))}
      </ul>
      {versions.length > 1 && (
        <section aria-label="Difference" className="flex flex-col gap-2">
          <div className="flex flex-wrap items-center gap-2">
            <h2 className="mr-2 text-base font-semibold">From</h2>
            <Select label="From version" className="w-32" value={String(from)} options={options} onValueChange={(value) => compare(Number(value), to)} />
            <span className="text-muted">to</span>
            <Select label="To version" className="w-32" value={String(to)} options={options} onValueChange={(value) => compare(from, Number(value))} />
          </div>
          <Difference component={component} from={from} to={to} />
        </section>
      )}
    </>
  );
}

function Difference({ component, from, to }: { component: ComponentDetail; from: number; to: number }) {
  return (
    <Loaded query={useComponentDiff(component.namespace, component.name, to, from)} what="the difference">
      {(diff) => (diff.compatibility === "same" ? <p className="text-muted">They are the same.</p> : <Changes diff={diff} />)}
    </Loaded>
  );
}

function Changes({ diff }: { diff: ComponentDiff }) {
  return (
    <>
      <ul aria-label="Changes" className="flex flex-col divide-y rounded-lg border bg-surface">
        {diff.changes.map((change) => (
          <li key={`${change.where} ${change.what}`} className="flex items-center gap-2 px-3 py-1.5">
            <Badge tone={change.breaking ? "danger" : "success"}>{change.breaking ? "breaking" : "compatible"}</Badge>
            <span className="min-w-0 flex-1">
              <Ticks text={change.message} />
            </span>
          </li>
        ))}
      </ul>
      {diff.code && (
        <pre tabIndex={0} aria-label="Difference of the code" className="overflow-x-auto rounded-lg border bg-inset py-2 font-mono text-xs leading-5">
          {diff.code.split("\n").map((line, at) => (
            <span key={at} className={clsx("block px-3", lineTone(line, at))}>
              {line || " "}
            </span>
          ))}
        </pre>
      )}
    </>
  );
}

/** The first two lines name the versions. */
function lineTone(line: string, at: number): string {
  if (at < 2 || line.startsWith("@@")) return "text-muted";
  if (line.startsWith("+")) return "bg-success-soft text-success";
  if (line.startsWith("-")) return "bg-danger-soft text-danger";
  return "";
}
