import { Pencil } from "lucide-react";
import { lazy, Suspense } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { useComponent, useComponentVersion, useMe } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import type { ComponentDetail, ComponentSpec, JsonObject } from "@/api/types";
import { ComponentIcon } from "@/canvas/ComponentIcon";
import { HistoryList } from "@/features/history/HistoryList";
import { ExportMenu } from "@/features/workshop/ExportMenu";
import { interfaceOf } from "@/graph/interface";
import type { ComponentSpec as GraphSpec, OutputPort } from "@/graph/types";
import { Badge, buttonClass, EmptyState, Loaded, RelativeTime, Select, Spinner, useTitle } from "@/ui";
import { ExampleList } from "./ExampleList";
import { ParameterTable, PortTable } from "./SpecTables";

/** The kinds that people write components of. */
const WRITTEN: ReadonlySet<string> = new Set(["python", "shell", "sql", "http", "container"]);

const Docs = lazy(() => import("./Docs"));

/** One component: what it does, what goes in and out, its parameters and its versions. */
export function ComponentPage() {
  const { ns = "", name = "" } = useParams();
  const query = useComponent(ns, name);
  useTitle(query.data?.title || `${ns}/${name}`);
  if (query.error instanceof ApiProblem && query.error.status === 404)
    return (
      <EmptyState heading="h1" title={`There is no component ${ns}/${name}`}>
        It may belong to a team you are not a member of. The <Link to="/components" className="text-accent underline">catalog</Link>{" "}
        lists all you may use.
      </EmptyState>
    );
  return (
    <Loaded query={query} what="the component">
      {(component) => <Versioned key={component.full_name} component={component} />}
    </Loaded>
  );
}

function Versioned({ component }: { component: ComponentDetail }) {
  const [params, setParams] = useSearchParams();
  const asked = Number(params.get("version")) || component.latest;
  const newest = asked === component.latest;
  const older = useComponentVersion(component.namespace, component.name, newest ? null : asked);
  const choose = (value: string) =>
    setParams(Number(value) === component.latest ? {} : { version: value }, { replace: true });
  return (
    <div className="mx-auto flex max-w-4xl flex-col gap-5 px-6 py-5">
      <header className="flex items-start gap-3">
        <ComponentIcon icon={component.icon} namespace={component.namespace} />
        <div className="min-w-0 flex-1">
          <h1 className="text-xl font-semibold">{component.title || component.full_name}</h1>
          <p className="flex flex-wrap items-center gap-2 text-xs text-muted">
            <Link to={`/components?category=${encodeURIComponent(component.category)}`} className="inline-block first-letter:uppercase underline decoration-line-strong hover:text-accent">
              {component.category}
            </Link>
            <code className="font-mono">{component.full_name}@{asked}</code>
            <Badge>{component.kind}</Badge>
          </p>
          <p className="mt-1 text-muted">{component.summary}</p>
        </div>
        <EditLink component={component} />
        <ExportMenu component={component.full_name} number={asked} kind={component.kind} />
        <Select
          label="Version"
          className="w-44"
          value={String(asked)}
          onValueChange={choose}
          options={component.versions.map(({ number }) => ({
            value: String(number),
            label: number === component.latest ? `Version ${number}, newest` : `Version ${number}`,
          }))}
        />
      </header>
      {newest ? (
        <Spec spec={component.spec} />
      ) : (
        <Loaded query={older} what={`version ${asked}`}>
          {({ spec }) => <Spec spec={spec} />}
        </Loaded>
      )}
      <Section title="History">
        <HistoryList kind="component" id={component.full_name} pageSize={50} />
      </Section>
      <Section title="Versions">
        <ul className="flex flex-col divide-y rounded-lg border bg-surface">
          {component.versions.map((version) => (
            <li key={version.number} className="flex items-center gap-3 px-3 py-1.5 text-xs">
              <button type="button" className="font-medium hover:text-accent hover:underline" onClick={() => choose(String(version.number))}>
                Version {version.number}
              </button>
              <span className="font-mono text-faint" title={version.digest}>
                {version.digest.slice(0, 12)}
              </span>
              <span className="ml-auto text-muted">
                <RelativeTime at={version.created_at} />
              </span>
            </li>
          ))}
        </ul>
      </Section>
    </div>
  );
}

/** For those who may write the next version. */
function EditLink({ component }: { component: ComponentDetail }) {
  const { data: me } = useMe();
  const role = me?.teams.find((team) => team.id === component.team)?.role;
  if (!WRITTEN.has(component.kind) || (role !== "editor" && role !== "admin")) return null;
  return (
    <Link to={`/components/${component.full_name}/edit`} className={buttonClass()}>
      <Pencil className="size-4" aria-hidden /> Edit
    </Link>
  );
}

/** As a node has them: a branch has one for each of its cases. */
function outputsOf(spec: ComponentSpec): readonly OutputPort[] {
  const component = `${spec.namespace}/${spec.name}`;
  return interfaceOf({ id: spec.name, component }, spec as GraphSpec, undefined).outputs;
}

function Spec({ spec }: { spec: ComponentSpec }) {
  return (
    <>
      {spec.docs && (
        <Suspense fallback={<Spinner label="Loading the docs…" />}>
          <Docs text={spec.docs} />
        </Suspense>
      )}
      <Section title="Inputs">
        <PortTable ports={spec.inputs} empty="It takes no input: it stands at the beginning of a pipeline." />
      </Section>
      <Section title="Outputs">
        <PortTable ports={outputsOf(spec)} empty="It puts nothing out: what it does happens elsewhere." />
        {"cases_parameter" in spec.implementation && (
          <p className="pt-2 text-muted">Besides, there is an output for each of its cases.</p>
        )}
      </Section>
      <Section title="Parameters">
        <ParameterTable schema={spec.parameters} />
      </Section>
      <Requirements implementation={spec.implementation as JsonObject} />
      {spec.examples.length > 0 && (
        <Section title="Examples">
          <ExampleList examples={spec.examples} />
        </Section>
      )}
    </>
  );
}

/** Packages that are installed for it, in an environment of its own. */
function Requirements({ implementation }: { implementation: JsonObject }) {
  const listed = Array.isArray(implementation.requirements) ? implementation.requirements.map(String) : [];
  const python = implementation.requires_python;
  if (listed.length === 0 && !python) return null;
  return (
    <Section title="Requirements">
      <ul className="flex flex-wrap gap-1">
        {typeof python === "string" && (
          <li>
            <Badge>Python {python}</Badge>
          </li>
        )}
        {listed.map((text) => (
          <li key={text}>
            <Badge tone="accent">{text}</Badge>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <h2 className="text-base font-semibold">{title}</h2>
      {children}
    </section>
  );
}
