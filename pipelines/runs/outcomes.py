"""How an attempt ended: the fact for the machine, and what goes into the rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.core import machine
from pipelines.executors.protocol import StepError

from . import outputs
from .claims import Claim

#: The state of an attempt that was none: the node only looked, or handed its work out.
NO_TRY = "no try"


@dataclass(frozen=True)
class Outcome:
    """`also` writes whatever else belongs to the outcome, in the transaction that commits it."""

    event: machine.Event
    state: str
    node: Mapping[str, Any] = field(default_factory=dict)
    attempt: Mapping[str, Any] = field(default_factory=dict)
    also: Callable[[], None] = lambda: None


def success(claim: Claim, kept: Mapping[str, Any], taken: frozenset[str] | None = None) -> Outcome:
    return Outcome(machine.Succeeded(claim.node, taken), "success", {"outputs": dict(kept)})


def failure(claim: Claim, error: StepError, *, permanent: bool = False) -> Outcome:
    """`permanent`, like the error's own: trying again would fail the same way."""
    permanent = permanent or error.permanent
    event = machine.Failed(claim.node, outputs.clean_text(error.message), permanent)
    return Outcome(event, "failed", {"error": clean(error)}, {"error": clean(error)})


def no_try(event: machine.Event, also: Callable[[], None] = lambda: None) -> Outcome:
    """The node waits, or others work for it; the attempt leaves no trace."""
    return Outcome(event, NO_TRY, also=also)


def clean(error: StepError) -> dict[str, Any]:
    cleaned: dict[str, Any] = outputs.clean(error.as_json())
    return cleaned
