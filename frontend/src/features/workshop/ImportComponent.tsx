import { useMutation } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";

import { useMe } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { importComponent } from "@/api/resources/componentDrafts";
import type { Team } from "@/api/types";
import { Button, buttonClass, Dialog, Field, Notice, Select, Textarea, Ticks } from "@/ui";

/** More than the server reads. */
const MAX_BYTES = 1024 * 1024;
const WRITERS = new Set(["editor", "admin"]);

/** A component from a file, ours or KFP's: it becomes a draft, to be looked at and published. */
export function ImportComponent() {
  const { data: me } = useMe();
  const [open, setOpen] = useState(false);
  const teams = (me?.teams ?? []).filter(({ role }) => WRITERS.has(role));
  if (teams.length === 0) return null;
  return (
    <>
      <Button icon={<FileUp className="size-4" aria-hidden />} onClick={() => setOpen(true)}>
        Import
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        size="md"
        title="Import a component"
        description="From a component file, or a component.yaml of Kubeflow Pipelines. It becomes a draft; nothing is published yet."
      >
        {open && <ImportForm teams={teams} onClose={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

function ImportForm({ teams, onClose }: { teams: Team[]; onClose: () => void }) {
  const navigate = useNavigate();
  const picker = useRef<HTMLInputElement>(null);
  const [slug, setSlug] = useState(teams[0]?.slug ?? "");
  const [text, setText] = useState("");
  const [trouble, setTrouble] = useState<string | null>(null);
  const run = useMutation({
    mutationFn: () => importComponent(slug, text),
    onSuccess: async ({ draft, notes }) => {
      if (notes.length === 0) await navigate(`/components/new?draft=${draft}`);
    },
  });

  async function take(file: File | undefined): Promise<void> {
    if (!file) return;
    setTrouble(file.size > MAX_BYTES ? `${file.name} is too large to be a component.` : null);
    if (file.size <= MAX_BYTES) setText(await file.text());
  }
  function onDrop(event: DragEvent): void {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  }

  if (run.data && run.data.notes.length > 0)
    return (
      <div className="flex flex-col gap-4 pt-1">
        <Notice tone="warning" title="The draft is there; not all of the file is in it">
          <ul aria-label="Notes" className="flex list-disc flex-col gap-1 pl-4">
            {run.data.notes.map((note) => (
              <li key={note}>
                <Ticks text={note} />
              </li>
            ))}
          </ul>
        </Notice>
        <div className="flex justify-end">
          <Link to={`/components/new?draft=${run.data.draft}`} className={buttonClass("primary")}>
            Open the draft
          </Link>
        </div>
      </div>
    );
  const problems = run.error instanceof ApiProblem ? run.error.problems : [];
  return (
    <form
      className="flex flex-col gap-4 pt-1"
      onDragOver={(event) => event.preventDefault()}
      onDrop={onDrop}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) run.mutate();
      }}
    >
      {teams.length > 1 && (
        <Field label="Team">
          {(control) => <Select {...control} value={slug} onValueChange={setSlug} options={teams.map((team) => ({ value: team.slug, label: team.name }))} />}
        </Field>
      )}
      <Field label="The file" help="Drop it here, choose it, or paste what is in it." error={trouble ?? undefined}>
        {(control) => (
          <Textarea
            {...control}
            rows={12}
            spellCheck={false}
            className="font-mono text-xs"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <input
        ref={picker}
        type="file"
        accept=".yaml,.yml"
        aria-label="Component file"
        className="hidden"
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      {run.error && (
        <Notice tone="danger" title="It cannot be imported">
          <Ticks text={problems.length > 0 ? problems.map(({ message }) => message).join(" ") : run.error.message} />
        </Notice>
      )}
      <div className="flex items-center justify-end gap-2">
        <Button className="mr-auto" icon={<FileUp className="size-4" aria-hidden />} onClick={() => picker.current?.click()}>
          Choose a file
        </Button>
        <Button onClick={onClose}>Not now</Button>
        <Button type="submit" tone="primary" busy={run.isPending} disabled={!text.trim()}>
          Make a draft
        </Button>
      </div>
    </form>
  );
}
