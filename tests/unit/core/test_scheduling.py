"""Which node goes first, and that nobody waits for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.capacity import Need, Room
from pipelines.core.scheduling import (
    PATIENCE,
    Candidate,
    Lane,
    Situation,
    choose,
    count,
    full,
    in_words,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROOM = Room(cpu=4000, memory=8 * 2**30, gpu=1, share=1000)


def lane(id: int, team: str = "ada", **facts: Any) -> Lane:
    return Lane(id, team, facts.pop("queue", "default"), **facts)


def waits(lane: Lane, seconds: float = 1, node_run: int = 0) -> Candidate:
    return Candidate(lane, node_run or lane.id, "run", NOON - timedelta(seconds=seconds))


def chosen(*candidates: Candidate, **facts: Any) -> int | None:
    facts = {"free": ROOM, "whole": ROOM, "now": NOON, **facts}
    found = choose(candidates, Situation(**facts))
    return found and found.lane.id


def test_what_has_waited_the_longest_goes_first() -> None:
    assert chosen(waits(lane(1), 1), waits(lane(2, pool="p"), 2)) == 2


def test_priority_comes_before_age_and_before_the_teams() -> None:
    urgent, other = waits(lane(1, priority=5)), waits(lane(2, "bob"), 1000)
    assert chosen(urgent, other, busy={("team", "ada"): 9}) == 1


def test_the_team_with_fewer_nodes_at_work_goes_first() -> None:
    many, few = waits(lane(1, "ada"), 1000), waits(lane(2, "bob"))
    assert chosen(many, few, busy={("team", "ada"): 1}) == 2
    assert chosen(many, few, busy={("team", "bob"): 1}) == 1


def test_between_teams_with_as_many_at_work_the_one_served_longer_ago_goes_first() -> None:
    many, few = waits(lane(1, "ada"), 1000), waits(lane(2, "bob"))
    assert chosen(many, few, served={"ada": 7}) == 2
    assert chosen(many, few, served={"ada": 7, "bob": 8}) == 1


@pytest.mark.parametrize(
    "key", [("team", "ada"), ("queue", "default"), ("pool", "licences"), ("run", "r1")]
)
def test_a_full_limit_lets_others_pass(key: tuple[str, str]) -> None:
    limited = lane(1, pool="licences", run="r1", max_parallel=2)
    other = lane(2, "bob", queue="other")
    facts: dict[str, Any] = {"limits": {} if key[0] == "run" else {key: 2}}
    assert chosen(waits(limited), busy={key: 1}, **facts) == 1
    assert chosen(waits(limited), busy={key: 2}, **facts) is None
    assert chosen(waits(limited), waits(other), busy={key: 2}, **facts) == 2


def test_only_what_fits_is_taken() -> None:
    large, small = lane(1, need=Need(cpu=3000)), lane(2, need=Need(cpu=1000))
    free = ROOM.without(Need(cpu=2000))
    assert chosen(waits(large, 2), waits(small, 1), free=free) == 2
    assert chosen(waits(lane(3, need=Need(gpu=1))), free=ROOM.without(Need(gpu=1))) is None
    assert chosen(waits(lane(4, need=Need(memory=2**40)))) is None


def test_room_is_kept_for_a_large_node_that_has_waited_long() -> None:
    large, small = lane(1, need=Need(cpu=4000)), lane(2)
    free = ROOM.without(Need(cpu=1000))
    long = PATIENCE.total_seconds() + 1
    assert chosen(waits(large, long), waits(small), free=free) is None
    assert chosen(waits(large, long), waits(small)) == 1
    impossible = lane(3, need=Need(cpu=9000))
    assert chosen(waits(impossible, long), waits(small), free=free) == 2


def test_no_room_is_kept_for_a_large_node_that_a_limit_holds_back() -> None:
    large, small = lane(1, need=Need(cpu=4000), pool="p"), lane(2)
    free = ROOM.without(Need(cpu=1000))
    facts: dict[str, Any] = {"limits": {("pool", "p"): 1}, "busy": {("pool", "p"): 1}}
    assert chosen(waits(large, 9999), waits(small), free=free, **facts) == 2


def test_the_narrowest_limit_is_named_in_words() -> None:
    limited = lane(1, pool="licences", run="r1", max_parallel=1)
    busy = count({limited: 1})
    assert busy == {key: 1 for key in limited.keys}
    assert full(limited, busy, {("pool", "licences"): 1}) == ("run", "r1")
    assert in_words(("run", "r1"), 1) == "the run may have 1 node at work at the same time"
    assert in_words(("pool", "licences"), 3) == (
        "the pool `licences` may have 3 nodes at work at the same time"
    )


class Simulation:
    """One worker with slots, and lanes that are filled; each turn the oldest node at work ends."""

    def __init__(self, lanes: dict[Lane, int], slots: int, limits: dict[Any, int]) -> None:
        self.left = dict(lanes)
        self.slots, self.limits = slots, limits
        self.room = Room(slots * 1000, 2**33, 1, share=1000)
        self.at_work: list[Lane] = []
        self.served: dict[str, int] = {}
        self.order: list[Lane] = []
        self.now = NOON

    def turn(self) -> None:
        self.now += timedelta(seconds=10)
        if self.at_work:
            self.at_work.pop(0)
        while (found := self.next()) is not None:
            self.left[found] -= 1
            self.at_work.append(found)
            self.order.append(found)
            self.served[found.team] = len(self.order)

    def next(self) -> Lane | None:
        free = self.room
        busy: dict[Lane, int] = {}
        for each in self.at_work:
            free = free.without(each.need)
            busy[each] = busy.get(each, 0) + 1
        situation = Situation(free, self.room, self.now, count(busy), self.limits, self.served)
        found = choose(
            [Candidate(each, each.id, "run", NOON) for each, left in self.left.items() if left],
            situation,
        )
        return found and found.lane


lanes = st.lists(
    st.builds(
        dict,
        team=st.sampled_from(["ada", "bob", "cyd"]),
        pool=st.sampled_from(["", "one", "two"]),
        cpu=st.sampled_from([None, 500, 1000, 4000]),
        gpu=st.sampled_from([0, 1]),
        number=st.integers(1, 12),
    ),
    min_size=1,
    max_size=6,
)


@given(lanes, st.integers(4, 6))
def test_everything_that_fits_a_worker_gets_its_turn(given: Any, slots: int) -> None:
    wanted = {
        lane(id, each["team"], pool=each["pool"], need=Need(each["cpu"], 0, each["gpu"])): each[
            "number"
        ]
        for id, each in enumerate(given, 1)
    }
    limits = {("pool", "one"): 1, ("team", "bob"): 2}
    world = Simulation(wanted, slots, limits)
    for _ in range(2 * sum(wanted.values()) + 10):
        world.turn()
        counts = count({each: world.at_work.count(each) for each in set(world.at_work)})
        assert all(counts.get(key, 0) <= limit for key, limit in limits.items())
    assert not any(world.left.values())


@given(st.integers(1, 5), st.integers(10, 500))
def test_ten_nodes_do_not_wait_for_hundreds_of_another_team(slots: int, many: int) -> None:
    ada, bob = lane(1, "ada"), lane(2, "bob")
    world = Simulation({ada: many, bob: 0}, slots, {})
    world.turn()
    world.left[bob] = 10
    began = len(world.order)
    while world.left[bob]:
        world.turn()
    assert len(world.order) - began <= 2 * 10 + slots
