import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { changePassword } from "@/api/resources/account";
import { Button, Field, Input, Notice, toast } from "@/ui";

export function PasswordForm({ hasPassword }: { hasPassword: boolean }) {
  const queryClient = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const differs = again !== "" && again !== next;
  const change = useMutation({
    mutationFn: () => changePassword(next, hasPassword ? current : undefined),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      setAgain("");
      toast({ tone: "success", title: hasPassword ? "Your password is changed" : "Your password is set" });
      void queryClient.invalidateQueries({ queryKey: keys.me });
    },
  });
  const marks = fieldErrors(change.error);
  return (
    <form
      className="flex max-w-sm flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!differs && next) change.mutate();
      }}
    >
      {!hasPassword && (
        <p className="text-muted">You have none yet: you came by a one-time link. Set one to sign in again.</p>
      )}
      {hasPassword && (
        <Field label="Current password" required error={marks.current}>
          {(control) => (
            <Input {...control} type="password" autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />
          )}
        </Field>
      )}
      <Field label="New password" required error={marks.new}>
        {(control) => (
          <Input {...control} type="password" autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} />
        )}
      </Field>
      <Field label="New password, again" required error={differs ? "The two are not the same." : undefined}>
        {(control) => (
          <Input {...control} type="password" autoComplete="new-password" value={again} onChange={(event) => setAgain(event.target.value)} />
        )}
      </Field>
      {change.error && !marks.current && !marks.new && (
        <Notice tone="danger" title="The password was not changed">
          {change.error.message}
        </Notice>
      )}
      <Button
        type="submit"
        tone="primary"
        className="self-start"
        busy={change.isPending}
        disabled={!next || next !== again || (hasPassword && !current)}
      >
        {hasPassword ? "Change the password" : "Set the password"}
      </Button>
    </form>
  );
}

/** The server's words about each field of the form. */
function fieldErrors(error: Error | null): { current?: string; new?: string } {
  const errors = error instanceof ApiProblem ? error.body.errors : undefined;
  if (typeof errors !== "object" || errors === null) return {};
  const { current, new: fresh } = errors as Record<string, unknown>;
  return { current: asText(current), new: asText(fresh) };
}

function asText(words: unknown): string | undefined {
  if (Array.isArray(words)) return words.map(String).join(" ");
  return typeof words === "string" ? words : undefined;
}
