import { Blocks, Plus } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import { useComponents, useMe } from "@/api/hooks";
import type { Component } from "@/api/types";
import { ComponentIcon } from "@/canvas/ComponentIcon";
import { useTeamFilter } from "@/features/team/current";
import { ImportComponent } from "@/features/workshop/ImportComponent";
import { Badge, Button, buttonClass, EmptyState, Loaded, Page, Search } from "@/ui";

/** The catalog: what can be put on a canvas, by category. */
export function ComponentsPage() {
  const [params, setParams] = useSearchParams();
  const search = params.get("search") ?? "";
  const category = params.get("category") ?? "";
  const slug = useTeamFilter();
  const team = useMe().data?.teams.find((one) => one.slug === slug)?.id;
  const query = useComponents({ search });

  function show(name: string, value: string): void {
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );
  }

  return (
    <Page
      title="Components"
      lead="The steps that pipelines are made of. Drag them onto a canvas in the editor."
      actions={
        <div className="flex gap-2">
          <ImportComponent />
          <Link to="/components/new" className={buttonClass("primary")}>
            <Plus className="size-4" aria-hidden /> New component
          </Link>
        </div>
      }
    >
      <Search label="Search components" value={search} onChange={(text) => show("search", text)} className="max-w-sm" />
      <Loaded query={query} what="the catalog">
        {(found) => {
          const all = team ? found.filter((component) => component.team === null || component.team === team) : found;
          const groups = byCategory(all);
          const shown = category ? groups.filter(([name]) => name === category) : groups;
          return (
            <>
              <div role="group" aria-label="Categories" className="flex flex-wrap gap-1.5">
                <Chip pressed={!category} onClick={() => show("category", "")} label="All" count={all.length} />
                {groups.map(([name, members]) => (
                  <Chip
                    key={name}
                    pressed={category === name}
                    onClick={() => show("category", category === name ? "" : name)}
                    label={name}
                    count={members.length}
                  />
                ))}
              </div>
              {shown.length === 0 && (
                <EmptyState
                  icon={<Blocks aria-hidden />}
                  title="No component matches"
                  action={<Button onClick={() => setParams({})}>Show all</Button>}
                >
                  The search looks at names, summaries and docs. For something of your own there is{" "}
                  <code className="font-mono text-xs">core/python</code>: a function in the editor.
                </EmptyState>
              )}
              {shown.map(([name, members]) => (
                <section key={name} aria-label={name} className="flex flex-col gap-2">
                  <h2 className="text-base font-semibold first-letter:uppercase">{name}</h2>
                  <ul className="grid grid-cols-[repeat(auto-fill,minmax(17rem,1fr))] gap-2">
                    {members.map((component) => (
                      <li key={component.full_name}>
                        <Card component={component} />
                      </li>
                    ))}
                  </ul>
                </section>
              ))}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function byCategory(components: Component[]): [string, Component[]][] {
  const groups = new Map<string, Component[]>();
  for (const component of components) {
    const members = groups.get(component.category);
    if (members) members.push(component);
    else groups.set(component.category, [component]);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

function Chip({ pressed, onClick, label, count }: { pressed: boolean; onClick: () => void; label: string; count: number }) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      onClick={onClick}
      className="rounded-full border bg-surface px-2.5 py-0.5 inline-block text-xs text-muted first-letter:uppercase hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
    >
      {label} <span className="tabular-nums">{count}</span>
    </button>
  );
}

function Card({ component }: { component: Component }) {
  return (
    <Link
      to={`/components/${component.namespace}/${component.name}`}
      className="flex h-full items-start gap-3 rounded-lg border bg-surface p-3 shadow-card hover:border-accent"
    >
      <ComponentIcon icon={component.icon} namespace={component.namespace} />
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-1.5">
          <span className="truncate font-medium">{component.title || component.full_name}</span>
          {component.team !== null && <Badge tone="violet">Team</Badge>}
        </span>
        <span className="block truncate font-mono text-2xs text-faint">{component.full_name}</span>
        <span className="mt-0.5 line-clamp-2 text-xs text-muted">{component.summary}</span>
      </span>
    </Link>
  );
}
