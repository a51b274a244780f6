"""What people decide on nodes that wait for them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from jsonschema import Draft202012Validator

from pipelines.core import machine
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.schemas import explain
from pipelines.core.states import NodeState
from pipelines.executors.protocol import StepError
from pipelines.teams import access, audit, roles
from pipelines.teams.access import Person
from pipelines.teams.models import User

from . import ledger, outcomes, plans, shapes
from .handlers import approvals
from .models import Approval, NodeRun, Run
from .prepare import Preparation, RunFacts


class NotWaiting(RuntimeError):
    """There is no decision to be made on this node."""


def decide(
    run: Run,
    node: str,
    *,
    approved: bool,
    user: User,
    values: Mapping[str, Any] | None = None,
    comment: str = "",
) -> None:
    """Approve or reject what a node waits for.

    Raises NotWaiting when it waits for nobody, or somebody decided already; PermissionDenied when
    the person's role is too low for this one; InvalidDefinition when the values do not fit the form.
    """
    with ledger.opened(run.pk) as book:
        approval = Approval.objects.filter(node_run__run=run, node_run__node=node).first()
        row = book.node_run(node) if approval else None
        if approval is None or row is None or row.state != NodeState.WAITING:
            raise NotWaiting(f"`{node}` waits for no decision any more.")
        if not may_decide(user, approval, run.team_id):
            raise access.Denied(
                f"To decide on `{node}` you need the role {approval.role} or higher in this team. "
                "Ask somebody who has it.",
                roles.Action.APPROVE,
                run.team_id,
                run,
            )
        given = dict(values or {})
        if approved:
            _check_form(approval.form, given)
        won = Approval.objects.filter(pk=approval.pk, approved=None).update(
            approved=approved,
            decided_by=user,
            decided_at=book.now,
            comment=comment,
            values=given,
        )
        if not won:
            raise NotWaiting(f"Somebody has decided on `{node}` already.")
        audit.record(
            "run.approve" if approved else "run.reject",
            run,
            team=run.team_id,
            user=user,
            after={"node": node, "comment": comment, "values": given},
        )
        own = plans.own(row)
        inputs = Preparation(RunFacts.load(run.pk), own).inputs()
        event, outputs = approvals.decided(
            node,
            own,
            approved=approved,
            who=user.get_username(),
            values=given,
            value=inputs.get("value"),
            comment=comment,
        )
        book.touch(row, outputs=outputs)
        if isinstance(event, machine.Failed):
            book.touch(row, error=outcomes.clean(StepError("rejected", event.why)))
        book.advance(event)


def may_decide(person: Person, approval: Approval, team_id: UUID) -> bool:
    """Whether a person's role in the team is high enough."""
    standing = access.standing(person, team_id)
    return (
        standing.role is not None
        and roles.allows(standing, roles.Action.APPROVE)
        and roles.is_at_least(standing.role, approval.role)
    )


def open_approvals() -> QuerySet[Approval]:
    """What nobody has decided on yet, in all runs and child runs."""
    return Approval.objects.filter(approved=None, node_run__state=NodeState.WAITING)


def asked(person: Person) -> QuerySet[Approval]:
    """The open approvals of the person's teams, the one that has waited longest first."""
    rows = open_approvals().select_related(
        "node_run__run__pipeline", "node_run__run__root__pipeline"
    )
    rows = rows.defer(
        "node_run__run__pipeline__draft", "node_run__run__root__pipeline__draft"
    ).order_by("asked_at", "pk")
    return access.within(rows, person, team="node_run__run__team")


def decidable(rows: QuerySet[Approval], person: Person) -> QuerySet[Approval]:
    """Those on which the person's role is high enough to decide."""
    enough = Q()
    for role in roles.Role:
        teams = access.teams_with_role(person, role, roles.Action.APPROVE)
        enough |= Q(role=role, node_run__run__team__in=teams)
    return rows.filter(enough)


def inside(rows: QuerySet[Approval], run: UUID) -> QuerySet[Approval]:
    """Those of a run and of all child runs in it."""
    return rows.filter(Q(node_run__run=run) | Q(node_run__run__root=run))


def asked_json(rows: Iterable[Approval], person: Person) -> list[dict[str, Any]]:
    """Open approvals as they stand in a list: what is asked, and where."""
    rows = list(rows)
    these = Approval.objects.filter(pk__in=[row.pk for row in rows])
    mine = set(decidable(these, person).values_list("pk", flat=True))
    return [_asked(row, row.pk in mine) for row in rows]


def _asked(row: Approval, may_decide: bool) -> dict[str, Any]:
    node_run = row.node_run
    run = node_run.run
    return {
        "run": _place(run),
        "root": _place(run.root) if run.root else None,
        "node": node_run.node,
        "title": plans.own(node_run)["title"],
        "message": row.message,
        "role": row.role,
        "asked_at": shapes.moment(row.asked_at),
        "deadline": shapes.moment(row.deadline),
        "may_decide": may_decide,
    }


def _place(run: Run) -> dict[str, Any]:
    pipeline = run.pipeline
    return {
        "id": str(run.pk),
        "number": run.number,
        "pipeline": {"id": str(pipeline.pk), "name": pipeline.name},
    }


def approval_json(row: NodeRun, person: Person) -> dict[str, Any] | None:
    """What a person is asked on a node, and what was decided; None for a node that asks nobody."""
    approval = Approval.objects.select_related("decided_by").filter(node_run=row).first()
    if approval is None:
        return None
    who = approval.decided_by
    inputs = Preparation(RunFacts.load(row.run_id), plans.own(row)).inputs()
    is_open = row.state == NodeState.WAITING and approval.approved is None
    return {
        "message": approval.message,
        "form": approval.form,
        "role": approval.role,
        "deadline": shapes.moment(approval.deadline),
        "on_deadline": approval.on_deadline,
        "asked_at": shapes.moment(approval.asked_at),
        "inputs": shapes.small_values(inputs),
        "approved": approval.approved,
        "decided_by": {"id": who.pk, "username": who.get_username()} if who else None,
        "decided_at": shapes.moment(approval.decided_at),
        "comment": approval.comment,
        "values": approval.values,
        "may_decide": is_open and may_decide(person, approval, row.run.team_id),
    }


def _check_form(form: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Raises InvalidDefinition with every field that does not fit."""
    problems = [
        Problem(
            code="invalid_parameter",
            message=f"The form: {explain(error)}.",
            field=".".join(map(str, error.absolute_path)),
        )
        for error in Draft202012Validator(dict(form)).iter_errors(dict(values))
    ]
    if problems:
        raise InvalidDefinition(problems)
