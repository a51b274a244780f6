import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Container, Database, Globe, SquareFunction, Terminal } from "lucide-react";
import { useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";

import { useMe } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { beginComponentDraft, getComponentDraft, listComponentDrafts, listComponentKinds, openComponentDraft } from "@/api/resources/componentDrafts";
import type { ComponentDraft, ComponentKind, Team } from "@/api/types";
import { EmptyState, Field, Loaded, Page, RelativeTime, Select, toast } from "@/ui";

import { ComponentWorkbench } from "./ComponentWorkbench";

/** Read once, then the page is the truth. The result is handed on, so that every change of it must be told. */
const ONCE = { notifyOnChangeProps: "all" as const, staleTime: Infinity, gcTime: 0, retry: false, refetchOnWindowFocus: false, refetchOnReconnect: false };

/** `/components/new`: choose a kind, or with `?draft=` go on with what was begun. */
export function NewComponentPage() {
  const [params] = useSearchParams();
  const id = params.get("draft");
  return id ? <Draft key={id} id={id} /> : <Choose />;
}

/** `/components/:ns/:name/edit`: the team's draft of the next version. */
export function EditComponentPage() {
  const { ns = "", name = "" } = useParams();
  return <Next key={`${ns}/${name}`} component={`${ns}/${name}`} />;
}

function Draft({ id }: { id: string }) {
  return <Opened query={useQuery({ queryKey: ["component-drafts", "open", id], queryFn: ({ signal }) => getComponentDraft(id, signal), ...ONCE })} />;
}

function Next({ component }: { component: string }) {
  return <Opened query={useQuery({ queryKey: ["component-drafts", "next", component], queryFn: () => openComponentDraft(component), ...ONCE })} />;
}

function useKinds() {
  return useQuery({ queryKey: ["component-kinds"], queryFn: ({ signal }) => listComponentKinds(signal), staleTime: Infinity });
}

function Opened({ query }: { query: ReturnType<typeof useQuery<ComponentDraft>> }) {
  const kinds = useKinds();
  if (query.error instanceof ApiProblem && query.error.status === 404)
    return (
      <EmptyState heading="h1" title="There is no such draft">
        It was published or thrown away, or it belongs to a team you are not a member of. The{" "}
        <Link to="/components" className="text-accent underline">
          catalog
        </Link>{" "}
        lists what there is.
      </EmptyState>
    );
  if (query.error instanceof ApiProblem && !query.data && !query.error.temporary)
    return (
      <EmptyState heading="h1" title="It cannot be edited here">
        {query.error.message}
      </EmptyState>
    );
  return (
    <Loaded query={kinds} what="the kinds">
      {(all) => (
        <Loaded query={query} what="the draft">
          {(draft) => <Work draft={draft} kind={all.find(({ name }) => name === draft.kind)} />}
        </Loaded>
      )}
    </Loaded>
  );
}

function Work({ draft, kind }: { draft: ComponentDraft; kind: ComponentKind | undefined }) {
  const [first] = useState(draft);
  return kind ? <ComponentWorkbench opened={first} kind={kind} /> : <EmptyState heading="h1" title={`No ${draft.kind} component is written here`} />;
}

const KIND_LOOK: Record<string, { icon: typeof Terminal; text: string }> = {
  python: { icon: SquareFunction, text: "A function: its hints are the ports, its docstring the docs." },
  shell: { icon: Terminal, text: "A script for bash; inputs and parameters are variables." },
  sql: { icon: Database, text: "One statement on a database; :name is a parameter." },
  http: { icon: Globe, text: "A request to an address, with what comes back." },
  container: { icon: Container, text: "A command in an image, on Docker, Podman or Kubernetes." },
};
const WRITERS = new Set(["editor", "admin"]);

function Choose() {
  const me = useMe();
  return (
    <Page title="New component" lead="Begin with something that works, and make it your own. The draft is kept while you write.">
      <Loaded query={me} what="who you are">
        {({ teams }) => {
          const mine = teams.filter(({ role }) => WRITERS.has(role));
          return mine.length > 0 ? (
            <>
              <Kinds teams={mine} />
              <Drafts />
            </>
          ) : (
            <EmptyState title="You may not write components">Your role is too low in every team of yours. Ask an administrator to make you an editor.</EmptyState>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Kinds({ teams }: { teams: Team[] }) {
  const kinds = useKinds();
  const queryClient = useQueryClient();
  const [, setParams] = useSearchParams();
  const [slug, setSlug] = useState(teams[0]?.slug ?? "");
  const begin = useMutation({
    mutationFn: (kind: ComponentKind) => beginComponentDraft(slug, { kind: kind.name, fields: { namespace: slug, ...kind.start } }),
    onSuccess: (draft) => {
      void queryClient.invalidateQueries({ queryKey: ["component-drafts", "list"] });
      setParams({ draft: draft.id });
    },
    onError: (error) => toast({ tone: "error", title: "No draft was made", description: error.message }),
  });
  return (
    <section aria-label="Kinds" className="flex flex-col gap-3">
      {teams.length > 1 && (
        <Field label="Team" className="max-w-xs">
          {(control) => <Select {...control} value={slug} onValueChange={setSlug} options={teams.map((team) => ({ value: team.slug, label: team.name }))} />}
        </Field>
      )}
      <Loaded query={kinds} what="the kinds">
        {(all) => (
          <ul className="grid grid-cols-[repeat(auto-fill,minmax(17rem,1fr))] gap-2">
            {all.map((kind) => {
              const { icon: Icon = SquareFunction, text = "" } = KIND_LOOK[kind.name] ?? {};
              return (
                <li key={kind.name}>
                  <button
                    type="button"
                    disabled={begin.isPending}
                    onClick={() => begin.mutate(kind)}
                    className="flex h-full w-full items-start gap-3 rounded-lg border bg-surface p-3 text-left shadow-card hover:border-accent"
                  >
                    <Icon className="mt-0.5 size-5 shrink-0 text-accent" aria-hidden />
                    <span>
                      <span className="block font-medium">{kind.title}</span>
                      <span className="block text-xs text-muted">{text}</span>
                    </span>
                  </button>
                </li>
              );
            })}
          </ul>
        )}
      </Loaded>
    </section>
  );
}

function Drafts() {
  const drafts = useQuery({ queryKey: ["component-drafts", "list"], queryFn: ({ signal }) => listComponentDrafts(1, signal) });
  return (
    <Loaded query={drafts} what="the drafts">
      {({ results }) =>
        results.length === 0 ? null : (
          <section aria-label="Drafts" className="flex flex-col gap-2">
            <h2 className="text-base font-semibold">Drafts</h2>
            <ul className="flex flex-col divide-y rounded-lg border bg-surface">
              {results.map((draft) => (
                <li key={draft.id} className="flex items-center gap-3 px-3 py-2">
                  <Link to={`/components/new?draft=${draft.id}`} className="font-mono text-xs font-medium hover:text-accent hover:underline">
                    {draft.name}
                  </Link>
                  <span className="text-xs text-muted">{draft.kind}</span>
                  <span className="ml-auto text-xs text-muted">
                    {draft.updated_by?.username} <RelativeTime at={draft.updated_at} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        )
      }
    </Loaded>
  );
}
