import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { useState } from "react";

import { keys } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { publishVersion } from "@/api/resources/pipelines";
import { useDocument } from "@/document";
import { Button, Dialog, Field, Input, Notice, toast } from "@/ui";

import { useEditor } from "./context";

/** Makes the draft a version that never changes, with a word about what is new. */
export function PublishDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Publish a version"
      description="A version never changes. Runs and links to it stay as they are, whatever becomes of the draft."
    >
      {open && <PublishForm onClose={onClose} />}
    </Dialog>
  );
}

function PublishForm({ onClose }: { onClose: () => void }) {
  const { pipeline, saver, store } = useEditor();
  const queryClient = useQueryClient();
  const [message, setMessage] = useState("");
  const problems = useDocument((state) => state.problems);
  const publish = useMutation({
    mutationFn: async () => {
      if (!(await saver?.flush())) throw new Error("The draft could not be saved, so there is nothing to publish yet.");
      return publishVersion(pipeline.id, message.trim());
    },
    onSuccess: ({ number, message: told }) => {
      store.setState({ changed: false });
      void queryClient.invalidateQueries({ queryKey: keys.versions(pipeline.id) });
      void queryClient.invalidateQueries({ queryKey: ["pipelines"] });
      const again = told !== message.trim();
      toast(
        again
          ? `Nothing has changed since version ${number}; it stays the newest`
          : { tone: "success", title: `Version ${number} is published` },
      );
      onClose();
    },
    onError: (error) => {
      if (error instanceof ApiProblem && error.problems.length > 0) store.setState({ problems: error.problems });
    },
  });
  return (
    <form
      className="flex flex-col gap-4 pt-1"
      onSubmit={(event) => {
        event.preventDefault();
        publish.mutate();
      }}
    >
      <Field label="What is new?" help="One line; the history shows it.">
        {(control) => (
          <Input
            {...control}
            autoFocus
            maxLength={500}
            value={message}
            placeholder="Read the new export format"
            onChange={(event) => setMessage(event.target.value)}
          />
        )}
      </Field>
      {publish.error ? (
        <Notice tone="danger" title="No version was published">
          {publish.error.message}
        </Notice>
      ) : (
        problems.length > 0 && (
          <Notice tone="warning" title={problems.length === 1 ? "The draft has a problem" : `The draft has ${problems.length} problems`}>
            {problems[0]?.message} A version can be published once the problems panel is empty.
          </Notice>
        )
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Not now</Button>
        <Button type="submit" tone="primary" busy={publish.isPending} icon={<Rocket className="size-4" aria-hidden />}>
          Publish version
        </Button>
      </div>
    </form>
  );
}
