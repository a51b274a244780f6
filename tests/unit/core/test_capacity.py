"""What a node needs against what workers have, in words."""

from dataclasses import replace

import pytest

from pipelines.core.capacity import Demand, Need, Offer, Room, cannot_run

GIB = 2**30
SMALL = Offer({"default"}, Room(2000, 4 * GIB, 0, 1000, frozenset({"process"})))
LARGE = Offer({"gpu", "default"}, Room(8000, 2 * GIB, 2, 1000, frozenset({"process", "docker"})))


@pytest.mark.parametrize(
    ("demand", "why"),
    [
        (Demand("default"), None),
        (Demand("gpu", Need(gpu=2)), None),
        (Demand("default", Need(executors=("kubernetes", "docker"))), None),
        (Demand("big"), "no worker serves the queue `big`"),
        (
            Demand("default", Need(executors=("kubernetes",))),
            "no worker of the queue `default` has Kubernetes",
        ),
        (
            Demand("gpu", Need(executors=("abacus",))),
            "no worker of the queue `gpu` has the executor `abacus`",
        ),
        (
            Demand("default", Need(cpu=16000)),
            "no worker of the queue `default` has 16 cores; the largest has 8 cores",
        ),
        (
            Demand("default", Need(memory=8 * GIB)),
            "no worker of the queue `default` has 8 GiB of memory; the largest has 4 GiB",
        ),
        (
            Demand("default", Need(gpu=3)),
            "no worker of the queue `default` has 3 GPUs; the largest has 2 GPUs",
        ),
        (
            Demand("default", Need(memory=3 * GIB, gpu=1)),
            "no worker of the queue `default` has 3 GiB of memory and 1 GPU together",
        ),
    ],
)
def test_what_no_worker_can_run_is_said_with_what_is_missing(
    demand: Demand, why: str | None
) -> None:
    assert cannot_run(demand, [SMALL, LARGE]) == why


def test_without_workers_nothing_can_run() -> None:
    assert cannot_run(Demand("default"), []) == "no worker is running"


def test_a_node_that_names_no_cores_takes_the_share_of_a_slot() -> None:
    room = Room(1000, GIB, 0, share=250)
    assert room.without(Need()).cpu == 750
    assert room.without(Need(cpu=1000)).cpu == 0
    assert not room.without(Need(cpu=1000)).holds(Need())


def test_a_container_needs_docker_podman_or_kubernetes() -> None:
    demand = Demand("default", Need(executors=("docker", "kubernetes")))
    assert cannot_run(demand, [SMALL]) == (
        "no worker of the queue `default` has Docker, Podman or Kubernetes"
    )


def test_room_without_one_of_the_executors_holds_nothing_of_theirs() -> None:
    need = Need(executors=("docker", "kubernetes"))
    room = Room(1000, GIB, 0, share=250)
    assert not room.holds(need)
    able = replace(room, executors=frozenset({"process", "kubernetes"}))
    assert able.holds(need)
    assert able.without(need).executors == able.executors
