import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useSharing } from "@/api/hooks";
import { shareComponent } from "@/api/resources/components";
import type { ComponentDetail, ComponentSharing, Visibility } from "@/api/types";
import { Badge, Button, Dialog, Field, Input, Loaded, Notice, plural, Select, toast } from "@/ui";

export const VISIBILITY: Record<Visibility, { badge: string; label: string }> = {
  private: { badge: "Private", label: "Private: this team alone" },
  teams: { badge: "Shared", label: "Chosen teams" },
  public: { badge: "Public", label: "Every team of this Penstock" },
};
const OPTIONS = Object.entries(VISIBILITY).map(([value, { label }]) => ({ value, label }));

/** Who may use a component of one's team, and which teams do. */
export function SharingTab({ component, mayShare }: { component: ComponentDetail; mayShare: boolean }) {
  return (
    <Loaded query={useSharing(component.namespace, component.name)} what="the sharing">
      {(sharing) => (
        <>
          {mayShare ? (
            <ShareForm
              key={`${sharing.visibility} ${sharing.shares.map(({ team }) => team.slug).join(" ")}`}
              component={component}
              sharing={sharing}
            />
          ) : (
            <p className="text-muted">
              {VISIBILITY[sharing.visibility].label}
              {sharing.shares.length > 0 && `: ${sharing.shares.map(({ team }) => team.name).join(", ")}`}. Administrators of the team can change it.
            </p>
          )}
          <section aria-label="Teams that use it" className="flex flex-col gap-2">
            <h2 className="text-base font-semibold">Teams that use it</h2>
            {sharing.consumers.length === 0 ? <p className="text-muted">None, in a published pipeline.</p> : <Consumers rows={sharing.consumers} />}
          </section>
        </>
      )}
    </Loaded>
  );
}

function Consumers({ rows }: { rows: ComponentSharing["consumers"] }) {
  return (
    <ul className="flex flex-col divide-y rounded-lg border bg-surface">
      {rows.map(({ slug, name, pipelines }) => (
        <li key={slug} className="flex items-center gap-2 px-3 py-1.5">
          <span className="flex-1">{name}</span>
          <span className="text-muted">{plural(pipelines, "pipeline")}</span>
        </li>
      ))}
    </ul>
  );
}

function ShareForm({ component, sharing }: { component: ComponentDetail; sharing: ComponentSharing }) {
  const queryClient = useQueryClient();
  const [visibility, setVisibility] = useState<Visibility>(sharing.visibility);
  const [text, setText] = useState(sharing.shares.map(({ team }) => team.slug).join(", "));
  const [asking, setAsking] = useState(false);
  const teams = text.split(/[\s,]+/).filter(Boolean);
  const losing = sharing.consumers.filter(
    ({ slug }) => slug !== component.owner?.slug && visibility !== "public" && !(visibility === "teams" && teams.includes(slug)),
  );
  const save = useMutation({
    mutationFn: () => shareComponent(component.namespace, component.name, visibility, visibility === "teams" ? teams : []),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["component", component.namespace, component.name] });
      void queryClient.invalidateQueries({ queryKey: ["components"] });
      toast({ tone: "success", title: `Who may use ${component.full_name} was changed` });
    },
    onSettled: () => setAsking(false),
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (losing.length > 0) setAsking(true);
    else save.mutate();
  }
  return (
    <form aria-label="Sharing" className="flex max-w-xl flex-col gap-3" onSubmit={submit}>
      <Field label="Who may use it" help="Whoever may use a component can read its code and docs, too.">
        {(control) => <Select {...control} value={visibility} options={OPTIONS} onValueChange={(next) => setVisibility(next as Visibility)} />}
      </Field>
      {visibility === "teams" && (
        <Field label="Teams" required help="The last part of the address of each team's page, with commas between.">
          {(control) => (
            <Input {...control} value={text} placeholder="research, data-platform" onChange={(event) => setText(event.target.value)} />
          )}
        </Field>
      )}
      {sharing.shares.length > 0 && (
        <p className="flex flex-wrap items-center gap-1.5 text-xs text-muted">
          Now shared with
          {sharing.shares.map(({ team }) => (
            <Badge key={team.slug} tone="violet">
              {team.name}
            </Badge>
          ))}
        </p>
      )}
      {save.error && (
        <Notice tone="danger" title="It was not changed">
          {save.error.message}
        </Notice>
      )}
      <div>
        <Button type="submit" tone="primary" busy={save.isPending && !asking}>
          Save
        </Button>
      </div>
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title="Take it back from teams that use it?"
        description="What they have published runs on with the versions that it pins. They cannot put it into new pipelines, nor publish again with it."
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Keep sharing</Button>
            <Button tone="danger" busy={save.isPending} onClick={() => save.mutate()}>
              Take it back
            </Button>
          </>
        }
      >
        <Consumers rows={losing} />
      </Dialog>
    </form>
  );
}
