import { ChevronLeft, Play, Rocket, Trash2 } from "lucide-react";
import { type KeyboardEvent, useMemo, useState } from "react";
import { Link, useBlocker, useNavigate, useSearchParams } from "react-router";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { removeComponentDraft } from "@/api/resources/componentDrafts";
import type { ComponentDraft, ComponentKind, JsonObject } from "@/api/types";
import { uploadFor } from "@/features/editor/upload";
import { Badge, Button, Dialog, IconButton, Notice, Tabs, Ticks, toast, useTitle } from "@/ui";

import { AboutPane } from "./AboutPane";
import { CodePane } from "./CodePane";
import { FacePane } from "./FacePane";
import { PublishComponent } from "./PublishComponent";
import { SavedWord } from "./SavedWord";
import { TryPane, useTrying } from "./TryPane";
import { type DraftHandle, useComponentDraft } from "./useComponentDraft";
import { marksOf, useOutlook } from "./useOutlook";

/** Where a component is written: code at the left, what it is for others at the right. */
export function ComponentWorkbench({ opened, kind }: { opened: ComponentDraft; kind: ComponentKind }) {
  const draft = useComponentDraft(opened);
  const { content, change, flush, saving } = draft;
  const checked = useOutlook(opened.team, content);
  const [params, setParams] = useSearchParams();
  const [publishing, setPublishing] = useState(false);
  const trying = useTrying(opened.id, content, flush);
  const tab = params.get("tab") ?? "face";
  const name = checked.spec ? `${checked.spec.namespace}/${checked.spec.name}` : opened.name;
  useTitle(`${name}, draft`);

  const failed = trying.node?.error?.line;
  const marks = checked.fresh ? marksOf(checked.outlook) : [];
  if (failed && marks.length === 0) marks.push({ line: failed, message: trying.node?.error?.message ?? "", severity: "error" });
  const uploadFile = useMemo(() => uploadFor(opened.team), [opened.team]);
  const onFields = (fields: JsonObject): void => change((before) => ({ ...before, fields }));
  const show = (id: string): void =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        next.set("tab", id);
        return next;
      },
      { replace: true },
    );
  const tryIt = (): void => {
    show("try");
    trying.start();
  };
  /** Before the code editor, which would take Ctrl+Enter for a new line. */
  const onKeyDownCapture = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || publishing) return;
    if (event.key.toLowerCase() === "s") void flush().then((well) => well && toast("Saved"));
    else if (event.key === "Enter") tryIt();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="flex h-full min-h-0 flex-col" onKeyDownCapture={onKeyDownCapture}>
      <header className="flex flex-wrap items-center gap-2 border-b bg-surface px-3 py-2">
        <Link to={opened.component ? `/components/${opened.component}` : "/components"} aria-label="Back to the catalog" className="rounded-md p-1 text-muted hover:bg-hover">
          <ChevronLeft className="size-4" aria-hidden />
        </Link>
        <h1 className="truncate font-mono text-sm font-semibold">{name}</h1>
        <Badge>{kind.title}</Badge>
        <Badge tone="violet">{checked.outlook?.current ? `after version ${checked.outlook.current}` : "new"}</Badge>
        <span className="flex-1" />
        <SavedWord saving={saving} />
        <ThrowAway id={opened.id} />
        <Button icon={<Play className="size-4" aria-hidden />} busy={trying.busy} onClick={() => show("try")}>
          Try…
        </Button>
        <Button tone="primary" icon={<Rocket className="size-4" aria-hidden />} disabled={!checked.outlook} onClick={() => setPublishing(true)}>
          Publish…
        </Button>
      </header>
      <Trouble draft={draft} />
      <div className="grid min-h-0 flex-1 grid-cols-1 lg:grid-cols-[minmax(0,1fr)_minmax(24rem,34rem)]">
        <section aria-label="Code" className="flex min-h-0 flex-col border-r max-lg:min-h-80">
          <div className="min-h-0 flex-1">
            <CodePane kind={kind} content={content} marks={marks} onFields={onFields} />
          </div>
          <Problems checked={checked} />
        </section>
        <Tabs
          label="About the component"
          value={tab}
          onValueChange={show}
          items={[
            { id: "face", label: "Ports and parameters", content: <FacePane content={content} spec={checked.spec} onFields={onFields} /> },
            { id: "about", label: "Name and docs", content: <AboutPane content={content} spec={checked.spec} onFields={onFields} /> },
            {
              id: "try",
              label: "Try it",
              content: (
                <TryPane
                  trying={trying}
                  spec={checked.spec}
                  content={content}
                  uploadFile={uploadFile}
                  onSample={(sample) => change((before) => ({ ...before, sample }))}
                />
              ),
            },
          ]}
        />
      </div>
      {checked.outlook && (
        <PublishComponent
          open={publishing}
          onClose={() => setPublishing(false)}
          draftId={opened.id}
          outlook={checked.outlook}
          changelog={content.changelog ?? ""}
          onChangelog={(changelog) => change((before) => ({ ...before, changelog }))}
          flush={flush}
        />
      )}
    </div>
  );
}

function Problems({ checked }: { checked: ReturnType<typeof useOutlook> }) {
  const problems = checked.outlook?.problems ?? [];
  return (
    <div role="status" aria-label="Problems" className="max-h-36 shrink-0 overflow-y-auto border-t bg-surface px-3 py-2 text-xs">
      {checked.error ? (
        <p className="text-warning">It could not be checked: {checked.error.message}</p>
      ) : problems.length === 0 ? (
        <p className="text-muted">{checked.outlook ? "No problems." : "Checking…"}</p>
      ) : (
        <ul className="flex flex-col gap-1">
          {problems.map(({ message }) => (
            <li key={message} className="text-danger">
              <Ticks text={message} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** What keeps the draft from being saved, and the question before unsaved work is left behind. */
function Trouble({ draft }: { draft: DraftHandle }) {
  const { saving, flush, takeTheirs, keepMine } = draft;
  const unsaved = saving.kind === "failed" || saving.kind === "stale";
  const blocker = useBlocker(({ currentLocation, nextLocation }) => unsaved && currentLocation.pathname !== nextLocation.pathname);
  return (
    <>
      {saving.kind === "failed" && (
        <Notice tone="danger" title="The draft is not saved" onRetry={() => void flush()} className="m-2">
          {saving.message}
        </Notice>
      )}
      {saving.kind === "stale" && (
        <Notice
          tone="warning"
          title="Somebody else saved this draft"
          className="m-2"
          action={
            <div className="flex gap-2">
              <Button size="sm" onClick={() => void takeTheirs()}>
                Take theirs
              </Button>
              <Button size="sm" onClick={() => void keepMine()}>
                Save mine over it
              </Button>
            </div>
          }
        >
          {saving.message}
        </Notice>
      )}
      <Dialog
        open={blocker.state === "blocked"}
        onOpenChange={(next) => !next && blocker.reset?.()}
        title="Leave without saving?"
        description="The last changes of this draft could not be saved. They are lost when you leave."
        footer={
          <>
            <Button onClick={() => blocker.reset?.()}>Stay</Button>
            <Button tone="danger" onClick={() => blocker.proceed?.()}>
              Leave
            </Button>
          </>
        }
      />
    </>
  );
}

function ThrowAway({ id }: { id: string }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => removeComponentDraft(id),
    onSuccess: async () => {
      void queryClient.invalidateQueries({ queryKey: ["component-drafts", "list"] });
      await navigate("/components");
    },
    onError: (error) => toast({ tone: "error", title: "The draft is still there", description: error.message }),
  });
  return (
    <>
      <IconButton label="Throw the draft away" icon={<Trash2 />} onClick={() => setAsking(true)} />
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title="Throw this draft away?"
        description="What was written here is gone. Versions that were published stay as they are."
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
              Throw away
            </Button>
          </>
        }
      />
    </>
  );
}
