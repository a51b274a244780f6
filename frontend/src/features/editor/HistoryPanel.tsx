import { useMutation, useQueryClient } from "@tanstack/react-query";
import { GitCompare, RotateCcw, X } from "lucide-react";
import { Link } from "react-router";

import { keys, useVersions } from "@/api/hooks";
import { errorMessage } from "@/api/problem";
import { getVersion } from "@/api/resources/pipelines";
import { useDocument } from "@/document";
import { readDefinition } from "@/graph/read";
import { Button, IconButton, Loaded, RelativeTime, toast } from "@/ui";

import { useEditor } from "./context";

/** Puts a version into the draft, as one step that can be undone. */
export function useRestore(onDone: () => void) {
  const { pipeline, store } = useEditor();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (number: number) =>
      queryClient.fetchQuery({
        queryKey: keys.version(pipeline.id, number),
        queryFn: ({ signal }) => getVersion(pipeline.id, number, signal),
        staleTime: Infinity,
      }),
    onSuccess: ({ number, definition }) => {
      store.getState().perform({
        edit: { kind: "replace", definition: readDefinition(definition).definition },
        label: `restore version ${number}`,
      });
      toast({
        tone: "success",
        title: `Version ${number} is in the draft`,
        action: { label: "Undo", onClick: () => void store.getState().undo() },
      });
      onDone();
    },
    onError: (error) => toast({ tone: "error", title: "Nothing was restored", description: errorMessage(error) }),
  });
}

export interface HistoryPanelProps {
  shown: number | null;
  onShow: (version: number | null) => void;
  onClose: () => void;
}

/** The published versions: look at one as it was, or put it into the draft. */
export function HistoryPanel({ shown, onShow, onClose }: HistoryPanelProps) {
  const { pipeline } = useEditor();
  const versions = useVersions(pipeline.id);
  const editable = useDocument((state) => state.editable);
  const changed = useDocument((state) => state.changed || state.definition !== state.stored);
  const restore = useRestore(() => onShow(null));
  return (
    <section aria-label="Version history" data-testid="history" className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex h-11 shrink-0 items-center gap-2 border-b pr-2 pl-4">
        <h2 className="flex-1 font-semibold">Versions</h2>
        <Link to={`/pipelines/${pipeline.id}/history`} className="text-xs text-accent underline">
          All changes
        </Link>
        <IconButton label="Close the history" size="sm" icon={<X />} onClick={onClose} />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <button
          type="button"
          aria-current={shown === null}
          onClick={() => onShow(null)}
          className="block w-full border-b px-4 py-2.5 text-left hover:bg-hover aria-[current=true]:bg-accent-soft"
        >
          <span className="block font-medium">Draft</span>
          <span className="block text-xs text-muted">
            {changed ? "Has changes that are not published" : "Just like the newest version"}
          </span>
        </button>
        {changed && (versions.data?.results.length ?? 0) > 0 && (
          <p className="border-b px-4 py-1.5 text-xs">
            <Link to={`/pipelines/${pipeline.id}/diff?to=draft`} className="text-accent underline">
              What is not published yet
            </Link>
          </p>
        )}
        <Loaded query={versions} what="the versions">
          {({ results }) =>
            results.length === 0 ? (
              <p className="px-4 py-3 text-xs text-muted">
                Nothing is published yet. “Publish” makes version 1 of the draft; it then stays as it is for ever.
              </p>
            ) : (
              <ul>
                {results.map((version) => (
                  <li
                    key={version.number}
                    className={`flex items-start gap-2 border-b pr-2 hover:bg-hover ${shown === version.number ? "bg-accent-soft" : ""}`}
                  >
                    <button
                      type="button"
                      aria-current={shown === version.number}
                      onClick={() => onShow(version.number)}
                      className="min-w-0 flex-1 py-2.5 pl-4 text-left"
                    >
                      <span className="block font-medium tabular-nums">Version {version.number}</span>
                      {version.message && <span className="block break-words">{version.message}</span>}
                      <span className="block text-xs text-muted">
                        {version.created_by?.username ?? "Penstock"} · <RelativeTime at={version.created_at} />
                      </span>
                    </button>
                    <Link
                      to={`/pipelines/${pipeline.id}/diff?from=${version.number - 1}&to=${version.number}`}
                      aria-label={`What changed in version ${version.number}`}
                      title={`What changed in version ${version.number}`}
                      className="mt-2 inline-flex size-6 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
                    >
                      <GitCompare className="size-4" aria-hidden />
                    </Link>
                    {editable && (
                      <IconButton
                        label={`Restore version ${version.number} into the draft`}
                        size="sm"
                        className="mt-2"
                        icon={<RotateCcw />}
                        disabled={restore.isPending}
                        onClick={() => restore.mutate(version.number)}
                      />
                    )}
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </div>
    </section>
  );
}

export function VersionBanner({ number, onClose }: { number: number; onClose: () => void }) {
  const editable = useDocument((state) => state.editable);
  const restore = useRestore(onClose);
  return (
    <div className="flex h-10 shrink-0 items-center gap-3 border-b bg-accent-soft px-3" role="status">
      <span className="min-w-0 flex-1 truncate">
        You look at <strong>version {number}</strong>; it cannot be changed.
      </span>
      {editable && (
        <Button size="sm" busy={restore.isPending} onClick={() => restore.mutate(number)}>
          Restore into the draft
        </Button>
      )}
      <Button size="sm" tone="primary" onClick={onClose}>
        Back to the draft
      </Button>
    </div>
  );
}
