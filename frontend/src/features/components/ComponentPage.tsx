import { Pencil } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { useComponent, useComponentVersion, useMe } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import type { ComponentDetail, ComponentSpec, JsonObject } from "@/api/types";
import { ComponentIcon } from "@/canvas/ComponentIcon";
import { HistoryList } from "@/features/history/HistoryList";
import { ExportMenu } from "@/features/workshop/ExportMenu";
import { interfaceOf } from "@/graph/interface";
import type { ComponentSpec as GraphSpec, OutputPort } from "@/graph/types";
import { Badge, buttonClass, EmptyState, Loaded, Select, Spinner, type TabItem, Tabs, useTitle } from "@/ui";
import { ExampleList } from "./ExampleList";
import { SharingTab, VISIBILITY } from "./SharingTab";
import { ParameterTable, PortTable } from "./SpecTables";
import { UsesTab } from "./UsesTab";
import { VersionsTab } from "./VersionsTab";

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
        It may belong to a team that does not share it with yours. The <Link to="/components" className="text-accent underline">catalog</Link>{" "}
        lists all you may use.
      </EmptyState>
    );
  return (
    <Loaded query={query} what="the component">
      {(component) => <Versioned key={component.full_name} component={component} />}
    </Loaded>
  );
}

/** The one of the parts that the address names. */
const TABS = ["docs", "ports", "code", "versions", "uses", "sharing", "history"];
/** Those that only members of its team see. */
const OWN: ReadonlySet<string> = new Set(["sharing", "history"]);

function Versioned({ component }: { component: ComponentDetail }) {
  const [params, setParams] = useSearchParams();
  const me = useMe();
  const asked = Number(params.get("version")) || component.latest;
  const newest = asked === component.latest;
  const older = useComponentVersion(component.namespace, component.name, newest ? null : asked);
  const member = me.data?.teams.find(({ slug }) => slug === component.owner?.slug);
  const named = params.get("tab") ?? "docs";
  const tab = TABS.includes(named) && (!OWN.has(named) || member) ? named : "docs";

  function show(name: string, value: string, without: string): void {
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (value === without) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  }
  const choose = (value: string) => show("version", value, String(component.latest));
  const ofVersion = (content: (spec: ComponentSpec) => ReactNode) => (
    <Pane>
      {newest ? (
        content(component.spec)
      ) : (
        <Loaded query={older} what={`version ${asked}`}>
          {({ spec }) => content(spec)}
        </Loaded>
      )}
    </Pane>
  );
  const items: TabItem[] = [
    { id: "docs", label: "Docs", content: ofVersion((spec) => <DocsTab spec={spec} />) },
    { id: "ports", label: "Ports & parameters", content: ofVersion((spec) => <PortsTab spec={spec} />) },
    { id: "code", label: "Code", content: ofVersion((spec) => <CodeTab spec={spec} />) },
    {
      id: "versions",
      label: "Versions",
      count: component.versions.length,
      content: (
        <Pane>
          <VersionsTab component={component} onChoose={choose} />
        </Pane>
      ),
    },
    {
      id: "uses",
      label: "Used by",
      count: component.consumers.pipelines,
      content: (
        <Pane>
          <UsesTab component={component} />
        </Pane>
      ),
    },
  ];
  if (member)
    items.push(
      {
        id: "sharing",
        label: "Sharing",
        content: (
          <Pane>
            <SharingTab component={component} mayShare={member.role === "admin"} />
          </Pane>
        ),
      },
      {
        id: "history",
        label: "History",
        content: (
          <Pane>
            <HistoryList kind="component" id={component.full_name} pageSize={50} />
          </Pane>
        ),
      },
    );
  return (
    <div className="mx-auto flex max-w-5xl flex-col gap-4 px-6 py-5">
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
            {component.owner ? (
              <>
                <span>of {component.owner.name}</span>
                <Badge tone="violet">{VISIBILITY[component.visibility].badge}</Badge>
              </>
            ) : (
              <Badge>Built in</Badge>
            )}
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
      <Tabs label="Parts of the component" items={items} value={tab} onValueChange={(id) => show("tab", id, "docs")} />
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

function Pane({ children }: { children: ReactNode }) {
  return <div className="flex flex-col gap-5 px-1 py-4">{children}</div>;
}

/** As a node has them: a branch has one for each of its cases. */
function outputsOf(spec: ComponentSpec): readonly OutputPort[] {
  const component = `${spec.namespace}/${spec.name}`;
  return interfaceOf({ id: spec.name, component }, spec as GraphSpec, undefined).outputs;
}

function DocsTab({ spec }: { spec: ComponentSpec }) {
  return (
    <>
      {spec.docs ? (
        <Suspense fallback={<Spinner label="Loading the docs…" />}>
          <Docs text={spec.docs} />
        </Suspense>
      ) : (
        <p className="text-muted">Its author has written no docs.</p>
      )}
      {spec.examples.length > 0 && (
        <Section title="Examples">
          <ExampleList examples={spec.examples} />
        </Section>
      )}
    </>
  );
}

function PortsTab({ spec }: { spec: ComponentSpec }) {
  return (
    <>
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
    </>
  );
}

/** The source, else what the kind is told to run. */
function CodeTab({ spec }: { spec: ComponentSpec }) {
  const { source, ...rest } = spec.implementation as JsonObject;
  return (
    <>
      {typeof source === "string" && <Code label="Source" text={source} />}
      {Object.keys(rest).length > 0 && <Code label="Implementation" text={JSON.stringify(rest, null, 2)} />}
    </>
  );
}

function Code({ label, text }: { label: string; text: string }) {
  return (
    <Section title={label}>
      <pre tabIndex={0} aria-label={label} className="overflow-x-auto rounded-lg border bg-inset p-3 font-mono text-xs leading-5">
        {text}
      </pre>
    </Section>
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

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <h2 className="text-base font-semibold">{title}</h2>
      {children}
    </section>
  );
}
