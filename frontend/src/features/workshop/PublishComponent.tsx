import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { useNavigate } from "react-router";

import { keys } from "@/api/hooks";
import { publishComponentDraft } from "@/api/resources/componentDrafts";
import type { ComponentOutlook } from "@/api/types";
import { Button, Dialog, Field, Notice, Textarea, Ticks, toast } from "@/ui";

interface PublishComponentProps {
  open: boolean;
  onClose: () => void;
  draftId: string;
  outlook: ComponentOutlook;
  changelog: string;
  onChangelog: (text: string) => void;
  flush: () => Promise<boolean>;
}

/** The next version: what it changes for those who use it, and what is told to them. */
export function PublishComponent({ open, onClose, ...rest }: PublishComponentProps) {
  const { current, full_name } = rest.outlook;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      size="md"
      title={`Publish version ${(current ?? 0) + 1}`}
      description={`${full_name ?? "The component"}. A version never changes; pipelines take it when they choose to.`}
    >
      {open && <PublishForm onClose={onClose} {...rest} />}
    </Dialog>
  );
}

function PublishForm({ onClose, draftId, outlook, changelog, onChangelog, flush }: Omit<PublishComponentProps, "open">) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { current, compatibility, problems, changes, consumers } = outlook;
  const again = current !== null;
  const missing = again && changelog.trim() === "";
  const publish = useMutation({
    mutationFn: async () => {
      if (!(await flush())) throw new Error("The draft could not be saved, so there is nothing to publish yet.");
      return publishComponentDraft(draftId, changelog.trim());
    },
    onSuccess: async (version) => {
      const [namespace = "", name = ""] = version.full_name.split("/");
      void queryClient.invalidateQueries({ queryKey: ["components"] });
      void queryClient.invalidateQueries({ queryKey: ["component-drafts", "list"] });
      void queryClient.invalidateQueries({ queryKey: keys.component(namespace, name) });
      toast({ tone: "success", title: `${version.full_name}@${version.number} is published` });
      await navigate(`/components/${version.full_name}`);
    },
  });
  return (
    <form
      className="flex flex-col gap-4 pt-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (!missing && problems.length === 0 && compatibility !== "same") publish.mutate();
      }}
    >
      {problems.length > 0 && (
        <Notice tone="danger" title="It cannot be published yet">
          <Ticks text={problems[0]?.message ?? ""} />
        </Notice>
      )}
      {compatibility === "same" && <Notice title={`Nothing has changed since version ${current}`} />}
      {compatibility === "compatible" && <Notice title={`Whoever uses version ${current} can go on as they are`}>{used(consumers)}</Notice>}
      {compatibility === "breaking" && (
        <Notice tone="warning" title={`Who moves on from version ${current} has to change something`}>
          {used(consumers)}
        </Notice>
      )}
      {changes.length > 0 && (
        <ul aria-label="Changes" className="flex max-h-48 flex-col gap-1 overflow-y-auto rounded-md border bg-inset px-3 py-2 text-xs">
          {changes.map((change, at) => (
            <li key={at} className={change.breaking ? "text-danger" : "text-muted"}>
              <Ticks text={change.message} />
            </li>
          ))}
        </ul>
      )}
      <Field label="What is new?" required={again} help="For those who use it; kept with the version.">
        {(control) => (
          <Textarea {...control} autoFocus rows={3} maxLength={10_000} value={changelog} onChange={(event) => onChangelog(event.target.value)} />
        )}
      </Field>
      {publish.error && (
        <Notice tone="danger" title="No version was published">
          {publish.error.message}
        </Notice>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Not now</Button>
        <Button
          type="submit"
          tone="primary"
          busy={publish.isPending}
          disabled={missing || problems.length > 0 || compatibility === "same"}
          icon={<Rocket className="size-4" aria-hidden />}
        >
          Publish version {(current ?? 0) + 1}
        </Button>
      </div>
    </form>
  );
}

function used({ pipelines, teams }: ComponentOutlook["consumers"]): string {
  if (pipelines === 0) return "No pipeline uses it at the moment.";
  const where = teams > 1 ? ` in ${teams} teams` : "";
  return `${pipelines === 1 ? "1 pipeline uses" : `${pipelines} pipelines use`} it${where}; each stays at its version until somebody moves it on.`;
}
