"""Nodes that wait for a time, or for another pipeline's run; they hold no slot meanwhile.

Waits for files and addresses look by a step of their own, see `kinds.wait`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from pipelines.core import machine
from pipelines.core.durations import parse_duration
from pipelines.executors.protocol import StepError

from .. import outcomes
from ..claims import Claim
from ..models import NodeRun, Run, RunState
from ..outcomes import Outcome
from ..prepare import CannotPrepare, spec_of
from .work import Work

#: Between two looks that do not say when to look again.
_LOOK_AGAIN_SECONDS = 30.0


def handler_for(plan: Mapping[str, Any]) -> Callable[[Work], Outcome] | None:
    """None for what a step has to look for."""
    return {"time": until_time, "run": for_run}.get(spec_of(plan)["implementation"]["for"])


def until_time(work: Work) -> Outcome:
    """Until a moment, or for a while from the first look on."""
    params = work.preparation.params()
    now = timezone.now()
    until = (
        _moment(params["until"])
        if params.get("until")
        else _since(work.claim) + _span(params["for"])
    )
    if until > now:
        return outcomes.no_try(
            machine.Parked(work.claim.node, f"waits until {until:%Y-%m-%d %H:%M:%S} UTC", until)
        )
    return outcomes.success(work.claim, {"time": shape(now)})


def for_run(work: Work) -> Outcome:
    """Until a run of another pipeline has succeeded that ended after this run began, or before it
    by no more than `within`."""
    params = work.preparation.params()
    slug = str(params["pipeline"])
    since = work.facts.created_at - _span(params.get("within") or 0)
    runs = Run.objects.filter(
        team=work.facts.team_id,
        pipeline__slug=slug,
        state=RunState.SUCCESS,
        ended_at__gte=since,
        parent=None,
    )
    found = runs.order_by("-ended_at").values_list("pk", "number").first()
    if found is not None:
        return outcomes.success(work.claim, {"run": str(found[0]), "number": found[1]})
    every = _span(params.get("every") or "30s").total_seconds()
    error = StepError(
        "not_yet", f"waits for a run of `{slug}` to succeed", retry_after=max(1.0, every)
    )
    return look_again(work.claim, error, params)


def look_again(claim: Claim, error: StepError, params: Mapping[str, Any]) -> Outcome:
    """What a look means that found nothing: another one when it says so, or the end of patience.

    `params` may hold `timeout`, how long to go on looking.
    """
    now = timezone.now()
    timeout = params.get("timeout")
    if timeout and now > _since(claim) + _span(timeout):
        given_up = StepError("timeout", f"{error.message}; given up after {timeout}")
        return outcomes.failure(claim, given_up, permanent=True)
    until = now + timedelta(seconds=error.retry_after or _LOOK_AGAIN_SECONDS)
    return outcomes.no_try(machine.Parked(claim.node, error.message, until))


def shape(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _since(claim: Claim) -> datetime:
    """When the node looked for the first time: a woken node keeps the moment of its start."""
    started: datetime | None = NodeRun.objects.values_list("started_at", flat=True).get(
        pk=claim.node_run_id
    )
    return started or timezone.now()


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise CannotPrepare(
            f"`{value}` is no moment; write one such as 2026-11-28T18:00:00Z"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _span(value: Any) -> timedelta:
    try:
        return timedelta(seconds=parse_duration(value))
    except ValueError as error:
        raise CannotPrepare(str(error)) from error
