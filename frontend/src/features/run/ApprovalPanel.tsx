import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, UserCheck, X } from "lucide-react";
import { useState } from "react";
import { keys } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { decide } from "@/api/resources/runs";
import type { Approval, NodeDetail } from "@/api/types";
import { Badge, Button, Field, formatDateTime, type JsonSchema, Notice, RelativeTime, SchemaForm, Textarea, toast, validateValue } from "@/ui";
import { PortValues } from "./values/PortValues";

const AFTER: Record<Approval["on_deadline"], string> = {
  fail: "then the node fails",
  approve: "then it is approved",
  reject: "then it is rejected",
};

export interface ApprovalPanelProps {
  runId: string;
  node: NodeDetail;
  approval: Approval;
}

/** What a person is asked, and what was decided; with live buttons for those who may decide. */
export function ApprovalPanel({ runId, node, approval }: ApprovalPanelProps) {
  const open = node.state === "waiting" && approval.approved === null;
  const { message, inputs, deadline, on_deadline, asked_at } = approval;
  return (
    <section
      aria-label="Approval"
      data-testid="approval"
      className={`mx-3 mb-3 flex shrink-0 flex-col gap-3 overflow-y-auto rounded-md border p-3 ${open ? "max-h-[70%] border-violet bg-violet-soft/40" : "max-h-[50%] bg-inset"}`}
    >
      <div className="flex items-start gap-2">
        <UserCheck className={`mt-0.5 size-4 shrink-0 ${open ? "text-violet" : "text-muted"}`} aria-hidden />
        <p className="min-w-0 flex-1 font-medium break-words whitespace-pre-wrap">{message}</p>
      </div>
      <p className="text-xs text-muted">
        Asked <RelativeTime at={asked_at} />
        {deadline && (
          <>
            {" · until "}
            <time dateTime={deadline}>{formatDateTime(deadline)}</time>, {AFTER[on_deadline]}
          </>
        )}
      </p>
      {Object.keys(inputs).length > 0 && <PortValues values={inputs} empty="" />}
      {!open ? (
        <Decided approval={approval} />
      ) : approval.may_decide ? (
        <DecisionForm runId={runId} node={node.id} approval={approval} />
      ) : (
        <Notice title="Others decide">
          Whoever decides has to be at least {approval.role} in this team; your role is lower.
        </Notice>
      )}
    </section>
  );
}

function Decided({ approval }: { approval: Approval }) {
  const { approved, decided_by, decided_at, comment, values } = approval;
  if (approved === null) return <p className="text-xs text-muted">Nobody decided on it.</p>;
  return (
    <div className="flex flex-col gap-2" data-testid="decision">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={approved ? "success" : "danger"}>{approved ? "Approved" : "Rejected"}</Badge>
        <span>
          by {decided_by?.username ?? "the deadline"}
          {decided_at && (
            <>
              {", "}
              <RelativeTime at={decided_at} />
            </>
          )}
        </span>
      </p>
      {comment && <p className="break-words whitespace-pre-wrap text-muted">“{comment}”</p>}
      {Object.keys(values).length > 0 && <PortValues values={values} empty="" />}
    </div>
  );
}

function DecisionForm({ runId, node, approval }: { runId: string; node: string; approval: Approval }) {
  const queryClient = useQueryClient();
  const schema = approval.form as JsonSchema;
  const asks = Object.keys(schema.properties ?? {}).length > 0;
  const [values, setValues] = useState<Record<string, unknown>>({});
  const [comment, setComment] = useState("");
  const marks = asks ? validateValue(schema, values) : {};
  const send = useMutation({
    mutationFn: (approve: boolean) =>
      decide(runId, node, { approve, comment: comment.trim(), values: approve ? withDefaults(schema, values) : {} }),
    onSuccess: (detail) => {
      queryClient.setQueryData(keys.node(runId, node), detail);
      toast({ tone: "success", title: detail.approval?.approved ? "Approved; the run goes on" : "Rejected" });
    },
    onError: (error) => {
      // Somebody was quicker: what is shown is no longer so.
      if (error instanceof ApiProblem && error.status === 409) void queryClient.invalidateQueries({ queryKey: keys.node(runId, node) });
    },
  });
  const wrong = Object.keys(marks).length > 0;
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong && !send.isPending) send.mutate(true);
      }}
    >
      {asks && <SchemaForm schema={schema} value={values} onChange={setValues} errors={serverMarks(send.error)} />}
      <Field label="Comment" help="Kept with the decision.">
        {(control) => (
          <Textarea {...control} rows={2} value={comment} maxLength={10_000} onChange={(event) => setComment(event.target.value)} />
        )}
      </Field>
      {send.error && (
        <Notice tone="danger" title="Nothing was decided">
          {send.error.message}
        </Notice>
      )}
      <div className="flex justify-end gap-2">
        <Button
          tone="danger"
          icon={<X className="size-4" aria-hidden />}
          busy={send.isPending && send.variables === false}
          disabled={send.isPending}
          onClick={() => send.mutate(false)}
        >
          Reject
        </Button>
        <Button
          type="submit"
          tone="primary"
          icon={<Check className="size-4" aria-hidden />}
          busy={send.isPending && send.variables === true}
          disabled={wrong || send.isPending}
        >
          Approve
        </Button>
      </div>
    </form>
  );
}

/** What was left alone counts as it is shown. */
function withDefaults(schema: JsonSchema, values: Record<string, unknown>): Record<string, unknown> {
  const defaults = Object.entries(schema.properties ?? {}).flatMap(([name, { default: initial }]) =>
    initial === undefined ? [] : [[name, initial] as const],
  );
  return { ...Object.fromEntries(defaults), ...values };
}

/** The server's findings about the values, at their fields. */
function serverMarks(error: Error | null): Record<string, string> | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  return Object.fromEntries(error.problems.flatMap(({ field, message }) => (field ? [[field, message]] : [])));
}
