import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pin, PinOff } from "lucide-react";
import { useState } from "react";
import { pinRun, unpinRun } from "@/api/resources/keeping";
import type { Run } from "@/api/types";
import { Button, Dialog, Field, Input, Notice, toast } from "@/ui";

/** Keeps a run, whatever the team's retention says, for a reason that stands with it. */
export function PinButton({ run, onChanged }: { run: Run; onChanged: () => void }) {
  const [asking, setAsking] = useState(false);
  const queryClient = useQueryClient();
  const changed = () => {
    void queryClient.invalidateQueries({ queryKey: ["runs"] });
    onChanged();
  };
  const unpin = useMutation({
    mutationFn: () => unpinRun(run.id),
    onSuccess: changed,
    onError: (error) => toast({ tone: "error", title: "The run is still pinned", description: error.message }),
  });
  if (run.parent) return null;
  if (run.pinned)
    return (
      <Button busy={unpin.isPending} icon={<PinOff className="size-4" aria-hidden />} onClick={() => unpin.mutate()}>
        Unpin
      </Button>
    );
  return (
    <>
      <Button icon={<Pin className="size-4" aria-hidden />} onClick={() => setAsking(true)}>
        Pin
      </Button>
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title={`Pin run #${run.number}`}
        description="A pinned run is kept with its logs and artifacts, whatever the team’s retention says, until somebody unpins it."
      >
        {asking && (
          <PinForm
            run={run}
            onDone={() => {
              setAsking(false);
              changed();
            }}
          />
        )}
      </Dialog>
    </>
  );
}

function PinForm({ run, onDone }: { run: Run; onDone: () => void }) {
  const [reason, setReason] = useState("");
  const pin = useMutation({ mutationFn: () => pinRun(run.id, reason.trim()), onSuccess: onDone });
  return (
    <form
      className="flex flex-col gap-3 pt-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim()) pin.mutate();
      }}
    >
      <Field label="Why is it kept?" required help="It is shown with the run.">
        {(control) => (
          <Input {...control} maxLength={300} placeholder="e.g. numbers of the March report" value={reason} onChange={(event) => setReason(event.target.value)} />
        )}
      </Field>
      {pin.error && (
        <Notice tone="danger" title="The run was not pinned">
          {pin.error.message}
        </Notice>
      )}
      <div className="flex justify-end gap-2 border-t pt-3">
        <Button type="submit" tone="primary" busy={pin.isPending} disabled={!reason.trim()} icon={<Pin className="size-4" aria-hidden />}>
          Pin the run
        </Button>
      </div>
    </form>
  );
}
