"""A pipeline used as a node: a child run, or in a loop one child run after the other."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines.core import expressions, machine
from pipelines.core.expressions import ExpressionError
from pipelines.core.problems import InvalidDefinition
from pipelines.designs.catalog import pipeline_versions
from pipelines.designs.models import PipelineVersion
from pipelines.executors.protocol import StepError

from .. import actions, outcomes
from ..models import NodeRun, Run, RunState
from ..outcomes import Outcome
from ..prepare import CannotPrepare
from .work import Work


def go_on(work: Work) -> Outcome:
    """Start the first round, or look at the round that has ended."""
    row = NodeRun.objects.get(pk=work.claim.node_run_id)
    #: Counts tries, not claims: a claim that was lost finds the child run of the one before.
    tried = row.attempt - row.losses - row.releases
    latest = Run.objects.filter(parent=row, tried=tried).order_by("-round").first()
    if latest is None:
        return _start(work, row, tried, 1, {})
    if latest.ended_at is None:
        return _waits_for(work, latest.round)
    if latest.state != RunState.SUCCESS:
        return _failed(work, latest)
    return _succeeded(work, row, latest, tried)


def _succeeded(work: Work, row: NodeRun, latest: Run, tried: int) -> Outcome:
    outputs = _outputs(latest)
    loop = work.claim.plan["loop"]
    if (
        not loop
        or latest.round >= loop["max_iterations"]
        or _holds(loop["until"], outputs, latest.round)
    ):
        return outcomes.success(work.claim, outputs)
    return _start(work, row, tried, latest.round + 1, outputs)


def _start(
    work: Work, row: NodeRun, tried: int, round: int, fed_back: Mapping[str, Any]
) -> Outcome:
    """Start a round, which gets those outputs of the one before that are called as its parameters."""
    version = _version(work)
    declared = {each["name"] for each in version.definition.get("parameters", ())}
    given = {**work.preparation.params(), **work.preparation.inputs(), **fed_back}
    values = {name: value for name, value in given.items() if name in declared}
    try:
        actions.start_child(row, version, values, tried=tried, round=round)
    except InvalidDefinition as error:
        raise CannotPrepare(
            "the sub-pipeline cannot be started: "
            + " ".join(problem.message for problem in error.problems)
        ) from error
    return _waits_for(work, round)


def _waits_for(work: Work, round: int) -> Outcome:
    loop, seconds = work.claim.plan["loop"], work.claim.plan["timeout"]
    why = f"round {round} of at most {loop['max_iterations']}" if loop else ""
    until = timezone.now() + timedelta(seconds=seconds) if seconds else None
    return outcomes.no_try(machine.HandedOut(work.claim.node, "child", why=why, until=until))


def _version(work: Work) -> PipelineVersion:
    ref = work.claim.plan["component"]
    found = pipeline_versions(work.facts.team_id, [ref]).get(ref)
    if found is None:
        raise CannotPrepare(f"the pipeline `{ref.partition(':')[2]}` is not there any more")
    return found


def _outputs(child: Run) -> dict[str, Any]:
    """What the pipeline declares as its outputs; null for what was skipped."""
    declared = child.version.definition.get("outputs", ())
    ends = {output["name"]: output["from"].partition(".") for output in declared}
    rows = NodeRun.objects.filter(run=child, node__in={node for node, _, _ in ends.values()})
    outputs = dict(rows.values_list("node", "outputs"))
    return {name: outputs.get(node, {}).get(port) for name, (node, _, port) in ends.items()}


def _holds(until: str, outputs: Mapping[str, Any], round: int) -> bool:
    try:
        value = expressions.evaluate(until, {"outputs": outputs, "round": {"number": round}})
    except ExpressionError as error:
        raise CannotPrepare(f"`until` cannot be evaluated after round {round}: {error}") from error
    if not isinstance(value, bool):
        raise CannotPrepare(f"`until` gave `{value}` after round {round}; it must be true or false")
    return value


def _failed(work: Work, child: Run) -> Outcome:
    in_round = f", in round {child.round}" if work.claim.plan["loop"] else ""
    what = "was cancelled" if child.state == RunState.CANCELLED else "failed"
    why = f"run #{child.number} of {child.pipeline.name} {what}{in_round}"
    if child.reason:
        why = f"{why}: {child.reason}"
    return outcomes.failure(work.claim, StepError("child", why))
