"""What people decide on nodes that wait for them."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from pipelines.core import machine
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.schemas import explain
from pipelines.core.states import NodeState
from pipelines.executors.protocol import StepError
from pipelines.teams.models import User

from . import ledger, outcomes, plans
from .handlers import approvals
from .models import Approval, Run
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

    Raises NotWaiting when it waits for nobody, or somebody decided already, and
    InvalidDefinition when the values do not fit the form.
    """
    with ledger.opened(run.pk) as book:
        approval = Approval.objects.filter(node_run__run=run, node_run__node=node).first()
        row = book.node_run(node) if approval else None
        if approval is None or row is None or row.state != NodeState.WAITING:
            raise NotWaiting(f"`{node}` waits for no decision any more.")
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


def _check_form(form: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Raises InvalidDefinition with every field that does not fit."""
    problems = [
        Problem(
            code="invalid_parameter",
            message=f"{explain(error)}.",
            field=".".join(map(str, error.absolute_path)),
        )
        for error in Draft202012Validator(dict(form)).iter_errors(dict(values))
    ]
    if problems:
        raise InvalidDefinition(problems)
