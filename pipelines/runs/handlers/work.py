"""What a handler is given."""

from dataclasses import dataclass
from functools import cached_property

from ..claims import Claim
from ..prepare import Preparation, RunFacts


@dataclass(frozen=True)
class Work:
    """One claimed node that a handler carries out, in a worker's slot but outside a transaction.

    A handler must be quick, and must do the same again when its worker died half-way.
    """

    claim: Claim
    facts: RunFacts

    @cached_property
    def preparation(self) -> Preparation:
        return Preparation(self.facts, self.claim.plan)
