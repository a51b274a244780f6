import { useQuery } from "@tanstack/react-query";

import { keys } from "@/api/hooks";
import { getRun } from "@/api/resources/runs";
import { useDocument } from "@/document";
import { readDefinition } from "@/graph/read";
import { Button, Notice, toast } from "@/ui";

import { useEditor } from "./context";
import type { EditorUrl } from "./useUrl";

/** Comes from a run's page: offers to put that run's graph into the draft. */
export function FromRun({ url }: { url: EditorUrl }) {
  const { store } = useEditor();
  const { fromRun, set } = url;
  const editable = useDocument((state) => state.editable);
  const changed = useDocument((state) => state.changed || state.definition !== state.stored);
  const { data: run, error, refetch } = useQuery({
    queryKey: keys.run(fromRun ?? ""),
    queryFn: ({ signal }) => getRun(fromRun ?? "", signal),
    enabled: fromRun !== null,
  });
  if (!fromRun) return null;
  if (error) {
    return (
      <Notice tone="danger" className="m-2" title="The run could not be read" onRetry={() => void refetch()}>
        {error.message}
      </Notice>
    );
  }
  if (!run) return null;
  const take = (): void => {
    store.getState().perform({
      edit: { kind: "replace", definition: readDefinition(run.definition).definition },
      label: `take the graph of run #${run.number}`,
    });
    set({ from_run: null, run: run.id });
    toast({
      tone: "success",
      title: `The draft is now the graph of run #${run.number}`,
      action: { label: "Undo", onClick: () => void store.getState().undo() },
    });
  };
  return (
    <Notice
      className="m-2"
      title={`Continue from run #${run.number}, version ${run.version}?`}
      action={
        <div className="flex shrink-0 gap-2">
          <Button size="sm" onClick={() => set({ from_run: null })}>
            Keep the draft
          </Button>
          {editable && (
            <Button size="sm" tone="primary" onClick={take}>
              Edit that graph
            </Button>
          )}
        </div>
      }
    >
      {changed
        ? "The draft has changes that are not published; they would be replaced. Undo brings them back."
        : "The draft would become the graph as that run had it. Undo brings the present one back."}
    </Notice>
  );
}
