import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { errorMessage } from "@/api/problem";
import { createPipeline } from "@/api/resources/pipelines";
import { useDocument } from "@/document";
import { Button, formatRelative, Notice, toast } from "@/ui";

import { useEditor } from "./context";
import { toJson } from "./draft";

/** Somebody else saved first: nothing is overwritten, the reader chooses. */
export function ConflictBanner() {
  const { store, pipeline } = useEditor();
  const conflict = useDocument((state) => state.conflict);
  const navigate = useNavigate();
  const queryClient = useQueryClient();

  const copy = useMutation({
    mutationFn: () => {
      const { definition } = store.getState();
      return createPipeline(toJson({ ...definition, name: `${definition.name} (my copy)` }), pipeline.team);
    },
    onSuccess: async (fresh) => {
      if (conflict) store.getState().adopt(conflict.theirs);
      void queryClient.invalidateQueries({ queryKey: ["pipelines"] });
      await navigate(`/pipelines/${fresh.id}`);
      toast({ tone: "success", title: "Your version is now a pipeline of its own" });
    },
    onError: (error) => toast({ tone: "error", title: "No copy was made", description: errorMessage(error) }),
  });

  if (!conflict) return null;
  const { theirs, recovered, editedAt } = conflict;
  const who = theirs.updated_by?.username ?? "Somebody else";
  const when = formatRelative(theirs.updated_at, Date.now());
  return (
    <Notice
      tone="warning"
      className="m-2"
      title={`${who} saved another version of this draft ${when}`}
      action={
        <div className="flex shrink-0 gap-2">
          <Button size="sm" onClick={() => store.getState().adopt(theirs, "take their version")}>
            See theirs
          </Button>
          <Button size="sm" tone="primary" busy={copy.isPending} onClick={() => copy.mutate()}>
            Keep mine as a copy
          </Button>
        </div>
      }
    >
      {recovered
        ? `You see the edits that you made here ${formatRelative(new Date(editedAt).toISOString(), Date.now())} and that could not be saved then.`
        : "You see your own edits; they are kept in this browser and not saved."}{" "}
      After “See theirs”, Undo brings yours back.
    </Notice>
  );
}
