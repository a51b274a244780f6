import { useMutation, useQueryClient } from "@tanstack/react-query";
import { archivePipeline } from "@/api/resources/pipelines";
import type { PipelineRow } from "@/api/types";
import { Button, Dialog, Notice, toast } from "@/ui";

export function ArchiveDialog({ pipeline, onClose }: { pipeline: PipelineRow | null; onClose: () => void }) {
  const queryClient = useQueryClient();
  const archive = useMutation({
    mutationFn: (row: PipelineRow) => archivePipeline(row.id),
    onSuccess: (_, row) => {
      void queryClient.invalidateQueries({ queryKey: ["pipelines"] });
      toast({ tone: "success", title: `${row.name} is archived` });
      close();
    },
  });
  function close(): void {
    archive.reset();
    onClose();
  }
  return (
    <Dialog
      open={pipeline !== null}
      onOpenChange={(open) => !open && close()}
      title={`Archive ${pipeline?.name ?? ""}?`}
      description="It leaves this list and can no longer be edited or run. Its runs and what they made stay."
      footer={
        <>
          <Button onClick={close}>Keep it</Button>
          <Button tone="danger" busy={archive.isPending} onClick={() => pipeline && archive.mutate(pipeline)}>
            Archive
          </Button>
        </>
      }
    >
      {archive.error && (
        <Notice tone="danger" title="It was not archived">
          {archive.error.message}
        </Notice>
      )}
    </Dialog>
  );
}
