"""Which queued node a worker takes next: a short list of small rules, each with what it prevents.

Queued nodes that are alike in all that matters here share a *lane*: team, queue, pool, priority and
what they need. Only the oldest node of each lane is a candidate, so a choice costs as much as there
are lanes, whether ten nodes are queued or a hundred thousand. Nothing here reads a clock or a
database.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from .capacity import Need, Room

#: What has a limit on how many nodes may be at work: `("pool", "licences")`, `("team", id)`.
Key = tuple[str, str]

#: How long a node that is too large for what is free lets smaller ones go first.
PATIENCE = timedelta(seconds=30)


@dataclass(frozen=True)
class Lane:
    """Nodes that are alike. `run` is named only where the run has a limit, `max_parallel`."""

    id: int
    team: str
    queue: str
    pool: str = ""
    priority: int = 0
    need: Need = field(default_factory=Need)
    run: str = ""
    max_parallel: int | None = None

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """All that may limit it, the narrowest first."""
        named = (("run", self.run), ("pool", self.pool), ("queue", self.queue), ("team", self.team))
        return tuple((scope, name) for scope, name in named if name)


@dataclass(frozen=True)
class Candidate:
    """The node of a lane that has waited the longest, since `since`."""

    lane: Lane
    node_run: int
    run: Any
    since: datetime


@dataclass(frozen=True)
class Situation:
    """What a choice depends on besides the candidates.

    `free` and `whole` are the worker's room. `busy` counts the nodes at work by key, on all
    workers. `served` grows with each node that this worker took of a team.
    """

    free: Room
    whole: Room
    now: datetime
    busy: Mapping[Key, int] = field(default_factory=dict)
    limits: Mapping[Key, int] = field(default_factory=dict)
    served: Mapping[str, int] = field(default_factory=dict)


Order = Callable[[Candidate, Situation], Any]


def most_urgent(candidate: Candidate, situation: Situation) -> int:
    """The highest priority first. Else an urgent node would wait behind ten thousand others."""
    return -candidate.lane.priority


def least_busy_team(candidate: Candidate, situation: Situation) -> int:
    """The team with the fewest nodes at work. Else the team with the most nodes gets every slot."""
    return situation.busy.get(("team", candidate.lane.team), 0)


def longest_unserved_team(candidate: Candidate, situation: Situation) -> int:
    """The team that this worker served the longest ago.

    Else one slot would work off the ten thousand older nodes of a team before it came to another's.
    """
    return situation.served.get(candidate.lane.team, 0)


def oldest(candidate: Candidate, situation: Situation) -> Any:
    """Who has waited the longest. Else a lane that is filled again and again hides the others."""
    return candidate.since, candidate.node_run


#: The order in which candidates are asked; a later rule decides only between equals.
ORDER: tuple[Order, ...] = (most_urgent, least_busy_team, longest_unserved_team, oldest)


def full(lane: Lane, busy: Mapping[Key, int], limits: Mapping[Key, int]) -> Key | None:
    """The limit that keeps nodes of a lane from starting now, if there is one.

    Else two runs that share three licences would start a fourth step, which fails.
    """
    for key in lane.keys:
        limit = lane.max_parallel if key[0] == "run" else limits.get(key)
        if limit is not None and busy.get(key, 0) >= limit:
            return key
    return None


def is_limited(lane: Lane, limits: Mapping[Key, int]) -> bool:
    """Whether any limit applies to a lane."""
    return lane.max_parallel is not None or any(key in limits for key in lane.keys)


def is_owed_room(candidate: Candidate, situation: Situation) -> bool:
    """Whether a node that does not fit has waited long enough that room is kept for it.

    Else small nodes, of which one always fits, would keep a large one waiting for ever.
    """
    waited = situation.now - candidate.since
    return situation.whole.holds(candidate.lane.need) and waited > PATIENCE


def choose(candidates: Iterable[Candidate], situation: Situation) -> Candidate | None:
    """The node to take now; None when no candidate may start here."""
    in_order = sorted(candidates, key=lambda each: [rule(each, situation) for rule in ORDER])
    for candidate in in_order:
        if full(candidate.lane, situation.busy, situation.limits) is not None:
            continue
        if situation.free.holds(candidate.lane.need):
            return candidate
        if is_owed_room(candidate, situation):
            return None
    return None


def count(busy: Mapping[Lane, int]) -> dict[Key, int]:
    """Nodes at work by key, from those by lane."""
    counts: dict[Key, int] = {}
    for lane, number in busy.items():
        for key in lane.keys:
            counts[key] = counts.get(key, 0) + number
    return counts


#: How the words about a full limit end.
IS_FULL = "at work at the same time"


def in_words(key: Key, slots: int) -> str:
    """Why a node waits that a limit keeps from starting."""
    scope, name = key
    who = f"the {scope}" if scope in ("run", "team") else f"the {scope} `{name}`"
    most = "1 node" if slots == 1 else f"{slots} nodes"
    return f"{who} may have {most} {IS_FULL}"
