import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Link } from "react-router";
import { keys } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { changeSecret, deleteSecret, listSecretUses, writeSecret } from "@/api/resources/secrets";
import type { TeamSecret } from "@/api/types";
import { Button, Dialog, Field, Input, Loaded, Notice, Textarea } from "@/ui";

interface DialogProps {
  team: string;
  onClose: () => void;
}

export interface WriteSecretProps extends DialogProps {
  open: boolean;
  /** A new value for this one; a new secret without. */
  secret?: TeamSecret | null;
  onWritten?: (secret: TeamSecret) => void;
}

/** Writes a new secret, or a new value of one. What is typed goes to the server and never comes back. */
export function WriteSecretDialog({ open, ...rest }: WriteSecretProps) {
  return open ? <OpenWriteSecret key={rest.secret?.id ?? "new"} {...rest} /> : null;
}

function OpenWriteSecret({ team, secret = null, onWritten, onClose }: Omit<WriteSecretProps, "open">) {
  const queryClient = useQueryClient();
  const form = useId();
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const [description, setDescription] = useState(secret?.description ?? "");
  const write = useMutation({
    mutationFn: () =>
      secret
        ? changeSecret(team, secret.id, value ? { value, description } : { description })
        : writeSecret(team, { name, value, description }),
    onSuccess: (written) => {
      void queryClient.invalidateQueries({ queryKey: keys.secrets(team) });
      onWritten?.(written);
      onClose();
    },
  });
  const errors = write.error instanceof ApiProblem ? (write.error.body.errors as Record<string, string[]> | undefined) : undefined;
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      size="md"
      title={secret ? <>Rotate <code>{secret.name}</code></> : "Write a secret"}
      description={
        secret
          ? `The new value becomes version ${secret.version + 1}. Steps that start from then on get it.`
          : "Nobody can read the value back, you included. Nodes name the secret; their steps get a private file."
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form={form} busy={write.isPending}>
            {secret ? "Rotate" : "Write"}
          </Button>
        </>
      }
    >
      <form
        id={form}
        autoComplete="off"
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation(); // The dialog may stand inside of another form.
          write.mutate();
        }}
      >
        {!secret && (
          <Field label="Name" required help="Small letters, digits and underscores, such as warehouse_password" error={errors?.name?.[0]}>
            {(control) => (
              <Input {...control} className="font-mono" maxLength={63} spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />
            )}
          </Field>
        )}
        <Field
          label={secret ? "New value" : "Value"}
          required={!secret}
          help={secret ? "Left empty, only the description changes" : "8 characters or more; a key of several lines as well"}
          error={errors?.value?.[0]}
        >
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              spellCheck={false}
              autoComplete="off"
              data-1p-ignore
              className="font-mono [-webkit-text-security:disc] focus:[-webkit-text-security:none]"
              value={value}
              onChange={(event) => setValue(event.target.value)}
            />
          )}
        </Field>
        <Field label="What it is for">
          {(control) => <Input {...control} maxLength={300} value={description} onChange={(event) => setDescription(event.target.value)} />}
        </Field>
        {write.error && !errors && (
          <Notice tone="danger" title="Nothing was written">
            {write.error.message}
          </Notice>
        )}
      </form>
    </Dialog>
  );
}

/** Asks before a secret goes, and says whose runs would fail. */
export function DeleteSecretDialog({ team, secret, onClose }: DialogProps & { secret: TeamSecret }) {
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteSecret(team, secret.id, secret.used_by > 0),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: keys.secrets(team) });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      title={<>Delete <code>{secret.name}</code>?</>}
      description={
        secret.used_by > 0
          ? "These pipelines name it. Their runs are refused from then on, until it is written anew."
          : "No published pipeline names it. It cannot be brought back."
      }
      footer={
        <>
          <Button onClick={onClose}>Keep</Button>
          <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            {secret.used_by > 0 ? "Delete all the same" : "Delete"}
          </Button>
        </>
      }
    >
      {secret.used_by > 0 && <Uses team={team} secret={secret} />}
      {remove.error && (
        <Notice tone="danger" title="It was not deleted">
          {remove.error.message}
        </Notice>
      )}
    </Dialog>
  );
}

/** Which nodes name a secret. */
export function UsesDialog({ team, secret, onClose }: DialogProps & { secret: TeamSecret }) {
  return (
    <Dialog open onOpenChange={(next) => !next && onClose()} title={<>Who uses <code>{secret.name}</code></>} description="In the newest version of each pipeline.">
      <Uses team={team} secret={secret} />
    </Dialog>
  );
}

function Uses({ team, secret }: { team: string; secret: TeamSecret }) {
  const uses = useQuery({
    queryKey: keys.secretUses(team, secret.id),
    queryFn: ({ signal }) => listSecretUses(team, secret.id, signal),
    staleTime: 0,
  });
  return (
    <Loaded query={uses} what="who uses it">
      {({ results, count }) => (
        <ul className="flex flex-col gap-1">
          {results.map(({ pipeline, node, parameter, version }) => (
            <li key={`${pipeline.id} ${node} ${parameter}`} className="flex gap-2">
              <Link to={`/pipelines/${pipeline.id}?node=${node}`} className="min-w-0 flex-1 truncate text-accent hover:underline">
                {pipeline.name}
              </Link>
              <span className="text-muted">
                <code>{node}</code>, version {version}
              </span>
            </li>
          ))}
          {count > results.length && <li className="text-muted">and {count - results.length} more places</li>}
        </ul>
      )}
    </Loaded>
  );
}
