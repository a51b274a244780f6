import { useMutation, useQueryClient } from "@tanstack/react-query";
import { PlugZap } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { keys } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { changeConnection, createConnection, deleteConnection, tryConnection } from "@/api/resources/connections";
import type { Connection, ConnectionType, JsonObject } from "@/api/types";
import { Button, Dialog, Field, Input, type JsonSchema, Notice, SchemaForm, Select } from "@/ui";

interface DialogProps {
  team: string;
  onClose: () => void;
}

/** Makes a connection, or changes one. A secret setting that is left empty stays as it is. */
export function ConnectionDialog({ team, types, connection, onClose }: DialogProps & { types: ConnectionType[]; connection: Connection | null }) {
  const queryClient = useQueryClient();
  const form = useId();
  const [name, setName] = useState(connection?.name ?? "");
  const [typeName, setTypeName] = useState(connection?.type ?? types[0]?.name ?? "");
  const [description, setDescription] = useState(connection?.description ?? "");
  const [settings, setSettings] = useState<JsonObject>(connection?.settings ?? {});
  const type = types.find((one) => one.name === typeName);
  const schema = useMemo(() => withStored((type?.schema ?? { type: "object" }) as JsonSchema, connection), [type, connection]);
  const save = useMutation({
    mutationFn: () =>
      connection
        ? changeConnection(team, connection.id, { description, settings })
        : createConnection(team, { name, type: typeName, description, settings }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: keys.connections(team) });
      onClose();
    },
  });
  const test = useMutation({
    mutationFn: () => tryConnection(team, { type: typeName, settings, ...(connection && { connection: connection.id }) }),
  });
  const errors = { ...marks(test.error), ...marks(save.error) };
  const failure = [save.error, test.error].find((error) => error && Object.keys(marks(error)).length === 0);
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      size="md"
      title={connection ? <>Change <code>{connection.name}</code></> : "New connection"}
      description={type?.summary}
      footer={
        <>
          <Button className="mr-auto" busy={test.isPending} icon={<PlugZap className="size-4" aria-hidden />} onClick={() => test.mutate()}>
            Test
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form={form} busy={save.isPending}>
            {connection ? "Save" : "Create"}
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
          save.mutate();
        }}
      >
        {!connection && (
          <>
            <Field label="Name" required help="What nodes call it, such as warehouse" error={errors.name}>
              {(control) => (
                <Input {...control} className="font-mono" maxLength={63} spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />
              )}
            </Field>
            <Field label="Type">
              {(control) => (
                <Select
                  {...control}
                  value={typeName}
                  options={types.map((one) => ({ value: one.name, label: one.title }))}
                  onValueChange={(next) => {
                    setTypeName(next);
                    setSettings({});
                    test.reset();
                    save.reset();
                  }}
                />
              )}
            </Field>
          </>
        )}
        <SchemaForm
          schema={schema}
          value={settings}
          errors={errors}
          onChange={(next) => {
            setSettings(next);
            test.reset();
          }}
        />
        <Field label="What it is for">
          {(control) => <Input {...control} maxLength={300} value={description} onChange={(event) => setDescription(event.target.value)} />}
        </Field>
        {test.data && (
          <div ref={intoView}>
            <Notice tone={test.data.ok ? "info" : "danger"} title={test.data.ok ? `It works (${test.data.milliseconds} ms)` : "It does not work"}>
              {test.data.message}
            </Notice>
          </div>
        )}
        {failure && (
          <Notice tone="danger" title="That was not possible">
            {failure.message}
          </Notice>
        )}
      </form>
    </Dialog>
  );
}

/** The answer stands under a form that may be longer than the dialog. */
function intoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}

/** The form of a stored connection: a secret that has a value need not be given again. */
function withStored(schema: JsonSchema, connection: Connection | null): JsonSchema {
  const stored = connection?.secrets_set ?? [];
  if (stored.length === 0) return schema;
  const properties = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, part]) => [
      name,
      stored.includes(name) ? { ...part, description: "Stored. Leave it empty to keep it" } : part,
    ]),
  );
  return { ...schema, properties, required: (schema.required ?? []).filter((name) => !stored.includes(name)) };
}

function marks(error: Error | null): Record<string, string> {
  const errors = error instanceof ApiProblem ? (error.body.errors as Record<string, string[]> | undefined) : undefined;
  return Object.fromEntries(Object.entries(errors ?? {}).map(([field, said]) => [field, String(said[0] ?? "")]));
}

export function DeleteConnectionDialog({ team, connection, onClose }: DialogProps & { connection: Connection }) {
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteConnection(team, connection.id),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: keys.connections(team) });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      title={<>Delete <code>{connection.name}</code>?</>}
      description="Runs of pipelines that name it are refused from then on. It cannot be brought back."
      footer={
        <>
          <Button onClick={onClose}>Keep</Button>
          <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            Delete
          </Button>
        </>
      }
    >
      {remove.error && (
        <Notice tone="danger" title="It was not deleted">
          {remove.error.message}
        </Notice>
      )}
    </Dialog>
  );
}
