import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp, Play } from "lucide-react";
import { useRef, useState } from "react";
import { useNavigate } from "react-router";

import { ApiProblem } from "@/api/problem";
import { lookAtBundle, runBundle } from "@/api/resources/bundles";
import type { Arrival } from "@/api/types";
import { Button, Dialog, Notice, Spinner, Ticks, toast } from "@/ui";

/** A run that somebody downloaded, to be run again here: first what that would bring, then the run. */
export function RunBundle({ team }: { team: string | undefined }) {
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  return (
    <>
      <Button icon={<FileUp className="size-4" aria-hidden />} onClick={() => input.current?.click()}>
        Run a bundle
      </Button>
      <input
        ref={input}
        type="file"
        accept=".zip,application/zip"
        aria-label="Bundle"
        className="hidden"
        onChange={(event) => {
          setFile(event.target.files?.[0] ?? null);
          event.target.value = "";
        }}
      />
      <Dialog
        open={file !== null}
        onOpenChange={(next) => !next && setFile(null)}
        size="md"
        title="Run a bundle"
        description={file?.name}
      >
        {file && <BundleForm file={file} team={team} onClose={() => setFile(null)} />}
      </Dialog>
    </>
  );
}

function BundleForm({ file, team, onClose }: { file: File; team: string | undefined; onClose: () => void }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const look = useQuery({
    queryKey: ["bundle", team, file.name, file.size, file.lastModified],
    queryFn: ({ signal }) => lookAtBundle(file, team, signal),
    retry: false,
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: () => runBundle(file, team),
    onSuccess: async ({ pipeline, run }) => {
      void queryClient.invalidateQueries({ queryKey: ["pipelines"] });
      onClose();
      toast({ tone: "success", title: `${pipeline?.name ?? "The pipeline"} has started` });
      if (run) await navigate(`/runs/${run.id}`);
    },
  });
  const error = start.error ?? look.error;
  return (
    <form
      className="flex flex-col gap-4 pt-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (look.data && !start.isPending) start.mutate();
      }}
    >
      {error ? (
        <Notice tone="danger" title="It cannot run here">
          <Refusal error={error} />
        </Notice>
      ) : look.data ? (
        <Uses uses={look.data.uses} />
      ) : (
        <Spinner label="Checking the bundle…" />
      )}
      <div className="flex justify-end gap-2 border-t pt-3">
        <Button onClick={onClose}>Not now</Button>
        <Button
          type="submit"
          tone="primary"
          busy={start.isPending}
          disabled={!look.data}
          icon={<Play className="size-4" aria-hidden />}
        >
          Run it
        </Button>
      </div>
    </form>
  );
}

function Refusal({ error }: { error: Error }) {
  const problems = error instanceof ApiProblem ? error.problems : [];
  if (problems.length === 0) return error.message;
  return (
    <ul className="flex flex-col gap-1">
      {problems.map(({ message }) => (
        <li key={message}>
          <Ticks text={message} />
        </li>
      ))}
    </ul>
  );
}

function Uses({ uses }: Pick<Arrival, "uses">) {
  const fresh = uses.filter(({ published }) => published);
  const known = uses.filter(({ published }) => !published);
  return (
    <div className="flex flex-col gap-2">
      <p>
        A new pipeline is made and run with the parameters and files of the bundle.{" "}
        {known.length > 0 && `${counted(known)} here already, just the same.`}
      </p>
      {fresh.length > 0 && (
        <>
          <p className="font-medium">Published for your team first:</p>
          <ul className="flex flex-col gap-1">
            {fresh.map(({ ref }) => (
              <li key={ref} className="rounded-sm bg-inset px-2 py-1 font-mono text-xs break-all">
                {ref}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function counted(uses: Arrival["uses"]): string {
  const what = uses.some(({ ref }) => ref.startsWith("pipeline:")) ? "components and pipelines" : "components";
  return uses.length === 1 ? `1 ${uses[0]?.ref.startsWith("pipeline:") ? "pipeline" : "component"} is` : `${uses.length} ${what} are`;
}
