"""What an attempt needs, what a worker has, and in words why the one is too much for the other."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

#: What people call executors that a worker may lack.
_TITLES = {"docker": ("Docker", "Podman"), "kubernetes": ("Kubernetes",)}


@dataclass(frozen=True)
class Need:
    """What one attempt takes of its worker.

    `cpu` is thousandths of a core, and None the share of one slot; `memory` is bytes. One of the
    `executors` is enough; where none is named, every worker has what it takes.
    """

    cpu: int | None = None
    memory: int = 0
    gpu: int = 0
    executors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Room:
    """What a worker has, in all or free: thousandths of a core, bytes, devices.

    `share` is what a node takes that says nothing about cores, so that as many of those run at a
    time as the worker has slots.
    """

    cpu: int
    memory: int
    gpu: int
    share: int
    executors: frozenset[str] = frozenset()

    def can_use_one_of(self, executors: Collection[str]) -> bool:
        return not executors or not self.executors.isdisjoint(executors)

    def holds(self, need: Need) -> bool:
        if not self.can_use_one_of(need.executors):
            return False
        return self.cpu_of(need) <= self.cpu and need.memory <= self.memory and need.gpu <= self.gpu

    def cpu_of(self, need: Need) -> int:
        return self.share if need.cpu is None else need.cpu

    def without(self, need: Need) -> "Room":
        return replace(
            self,
            cpu=self.cpu - self.cpu_of(need),
            memory=self.memory - need.memory,
            gpu=self.gpu - need.gpu,
        )


@dataclass(frozen=True)
class Offer:
    """A living worker, as far as it matters to what it can run."""

    queues: Collection[str]
    room: Room


@dataclass(frozen=True)
class Demand:
    """A node, as far as it matters to who can run it."""

    queue: str
    need: Need = Need()


def cannot_run(demand: Demand, offers: Sequence[Offer]) -> str | None:
    """Why no living worker can run the node, or None when one can, be it busy or not."""
    if not offers:
        return "no worker is running"
    serving = [offer for offer in offers if demand.queue in offer.queues]
    if not serving:
        return f"no worker serves the queue `{demand.queue}`"
    of_queue = f"of the queue `{demand.queue}`"
    rooms = [offer.room for offer in serving if offer.room.can_use_one_of(demand.need.executors)]
    if not rooms:
        return f"no worker {of_queue} has {_either(demand.need.executors)}"
    if any(room.holds(demand.need) for room in rooms):
        return None
    return f"no worker {of_queue} has {_missing(demand.need, rooms)}"


def _either(executors: Sequence[str]) -> str:
    """`Docker, Podman or Kubernetes`."""
    names = [name for each in executors for name in _TITLES.get(each, (f"the executor `{each}`",))]
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _missing(need: Need, rooms: Iterable[Room]) -> str:
    cpu = max(room.cpu for room in rooms)
    memory = max(room.memory for room in rooms)
    gpu = max(room.gpu for room in rooms)
    wanted: list[str] = []
    if need.cpu is not None:
        wanted.append(_cores(need.cpu))
        if need.cpu > cpu:
            return f"{_cores(need.cpu)}; the largest has {_cores(cpu)}"
    if need.memory:
        wanted.append(f"{bytes_in_words(need.memory)} of memory")
        if need.memory > memory:
            return f"{wanted[-1]}; the largest has {bytes_in_words(memory)}"
    if need.gpu:
        wanted.append(_gpus(need.gpu))
        if need.gpu > gpu:
            return f"{_gpus(need.gpu)}; the largest has {_gpus(gpu) if gpu else 'none'}"
    return f"{' and '.join(wanted)} together"


def _cores(thousandths: int) -> str:
    number = f"{thousandths / 1000:g}"
    return f"{number} {'core' if number == '1' else 'cores'}"


def _gpus(number: int) -> str:
    return f"{number} {'GPU' if number == 1 else 'GPUs'}"


def bytes_in_words(number: int) -> str:
    """`512 MiB`, `1.5 GiB`, `100 bytes`."""
    for unit, size in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{number} bytes"
