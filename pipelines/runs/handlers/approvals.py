"""A node that waits until a person with the right role has decided."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines.core import machine
from pipelines.core.durations import parse_duration
from pipelines.executors.protocol import StepError

from .. import outcomes
from ..models import Approval
from ..outcomes import Outcome
from ..prepare import CannotPrepare
from .work import Work


def ask(work: Work) -> Outcome:
    """Put the question and wait; or, when nobody answered in time, do what was said for that."""
    if work.claim.phase == "waiting":
        return _overdue(work)
    params = work.preparation.params()
    asked = timezone.now()
    deadline = (
        asked + timedelta(seconds=_seconds(params["deadline"])) if params.get("deadline") else None
    )

    def write() -> None:
        Approval.objects.update_or_create(
            node_run_id=work.claim.node_run_id,
            defaults={
                "message": str(params.get("message") or ""),
                "form": params.get("form") or {},
                "role": params.get("role") or "operator",
                "deadline": deadline,
                "on_deadline": params.get("on_deadline") or "fail",
                "asked_at": asked,
            },
        )

    return outcomes.no_try(machine.Parked(work.claim.node, "waits for approval", deadline), write)


def _seconds(value: Any) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise CannotPrepare(f"the deadline: {error}") from error


def _overdue(work: Work) -> Outcome:
    approval = Approval.objects.get(node_run_id=work.claim.node_run_id)
    why = "nobody decided before the deadline"
    if approval.on_deadline == "fail":
        return outcomes.failure(work.claim, StepError("deadline", why), permanent=True)
    event, values = decided(
        work.claim.node,
        work.claim.plan,
        approved=approval.on_deadline == "approve",
        who="the deadline",
        values={},
        value=work.preparation.inputs().get("value"),
    )
    if isinstance(event, machine.Failed):
        return outcomes.failure(work.claim, StepError("rejected", event.why), permanent=True)
    return outcomes.success(work.claim, values, event.taken)


def decided(
    node: str,
    plan: Any,
    *,
    approved: bool,
    who: str,
    values: dict[str, Any],
    value: Any,
    comment: str = "",
) -> tuple[machine.Succeeded | machine.Failed, dict[str, Any]]:
    """What a decision means, and the node's outputs.

    A rejection fails the node, unless something hangs on its branch `rejected`.
    """
    case = "approved" if approved else "rejected"
    outputs = {case: value, "values": values, "decided_by": who}
    led_on = any("rejected" in ports for ports in plan["cases"].values())
    if not approved and not led_on:
        why = f"{who} rejected it" + (f": {comment}" if comment else "")
        return machine.Failed(node, why, permanent=True), outputs
    return machine.Succeeded(node, frozenset({case})), outputs
