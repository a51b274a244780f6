"""Whether a failed or lost attempt is tried again, and when. Decisions, not deeds."""

from collections.abc import Callable
from dataclasses import dataclass

from .document import Backoff

#: An attempt whose worker vanished is tried again even without a retry policy, but not for ever:
#: a step that brings down every worker it lands on must end somewhere.
MAX_LOSSES = 3


@dataclass(frozen=True, slots=True)
class Tried:
    """What has happened so far, this attempt included.

    `attempts` counts all tries, `losses` those whose worker vanished, `releases` those that a
    worker gave back on its way out; the retry policy's `max_attempts` counts the rest. `stopping`
    says why the run starts nothing more ("`load` failed").
    """

    attempts: int
    losses: int
    releases: int
    max_attempts: int
    backoff: Backoff
    lost: bool = False
    permanent: bool = False
    stopping: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Try again in `delay` seconds."""

    delay: float
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


Decision = Again | GiveUp
Rule = Callable[[Tried, str], Decision | None]


def delay(backoff: Backoff, failures: int) -> float:
    """Seconds before the next try after `failures` failures: exponential, up to `backoff.max`."""
    grown = backoff.initial * backoff.factor ** min(max(failures - 1, 0), 1000)
    return min(grown, backoff.max)


def _failures(tried: Tried) -> int:
    return tried.attempts - tried.losses - tried.releases


def _permanent_failures_end(tried: Tried, why: str) -> Decision | None:
    """A wrong expression, a missing input or wrong code fails the same way each time."""
    if not tried.permanent:
        return None
    if not tried.attempts or _failures(tried) >= tried.max_attempts:
        return GiveUp(why)
    return GiveUp(f"{why}; not tried again, because it would end the same way")


def _stopping_runs_start_nothing(tried: Tried, why: str) -> Decision | None:
    """A retry is a new start; a run that stops after a failure must not go on for hours."""
    if not tried.stopping:
        return None
    return GiveUp(f"{why}; not tried again, because the run stopped after {tried.stopping}")


def _losses_are_tried_again(tried: Tried, why: str) -> Decision | None:
    """The worker's death says nothing about the step, unless it happens each time."""
    if not tried.lost:
        return None
    if tried.losses >= MAX_LOSSES:
        return GiveUp(f"{why}; given up after its worker was lost {tried.losses} times")
    return Again(0.0, f"{why}; trying again")


def _policy(tried: Tried, why: str) -> Decision:
    """The node's own retry policy."""
    failures = _failures(tried)
    if failures >= tried.max_attempts:
        return GiveUp(why)
    wait = delay(tried.backoff, failures)
    return Again(wait, f"attempt {tried.attempts} failed: {why}; trying again in {wait:g} s")


RULES: tuple[Rule, ...] = (
    _permanent_failures_end,
    _stopping_runs_start_nothing,
    _losses_are_tried_again,
)


def decide(tried: Tried, why: str) -> Decision:
    """What the first rule that has an opinion says, else the node's policy."""
    for rule in RULES:
        decision = rule(tried, why)
        if decision is not None:
            return decision
    return _policy(tried, why)
