"""What a worker has for steps, and what of it is free at the moment."""

import math
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.core.capacity import Need, Room


@dataclass(frozen=True, eq=False)
class Grant:
    """A part of a worker's room that is ours until it is given back. Each is its own.

    `gpus` are device names as in CUDA_VISIBLE_DEVICES; None on a worker that has none to hand out.
    """

    need: Need
    gpus: tuple[str, ...] | None


class Slots:
    """The room of one worker, shared by its threads."""

    def __init__(self, room: Room, gpus: Sequence[str] = ()) -> None:
        self.whole = room
        self._free = room
        self._gpus = list(gpus)
        self._has_gpus = bool(gpus)
        self._grants: set[Grant] = set()
        self._lock = threading.Lock()
        self._turn = 0
        self._served: Counter[str] = Counter()

    @classmethod
    def of(cls, slots: int, cpu: float, memory: int, gpus: Sequence[str]) -> "Slots":
        """For a worker that runs `slots` nodes at a time on so many cores, bytes and devices."""
        thousandths = math.floor(cpu * 1000)
        return cls(Room(thousandths, memory, len(gpus), thousandths // max(1, slots)), gpus)

    @property
    def free(self) -> Room:
        return self._free

    @property
    def count(self) -> int:
        """How many nodes run at a time that take a slot and no more."""
        return max(1, self.whole.cpu // max(1, self.whole.share))

    @property
    def busy(self) -> int:
        """How many nodes hold a part of it."""
        return len(self._grants)

    @property
    def served(self) -> Mapping[str, int]:
        """By team: how late this worker last took a node of it. Only good for comparing."""
        return self._served

    def can_use(self, executors: Iterable[str]) -> None:
        """From now on steps are run by these executors: a daemon came, or went."""
        with self._lock:
            names = frozenset(executors)
            self.whole = replace(self.whole, executors=names)
            self._free = replace(self._free, executors=names)

    def take(self, need: Need, team: str) -> Grant | None:
        """Room for a node of a team; None when it does not fit any more."""
        with self._lock:
            if not self._free.holds(need):
                return None
            self._free = self._free.without(need)
            gpus = tuple(self._gpus[: need.gpu])
            del self._gpus[: need.gpu]
            self._turn += 1
            self._served[team] = self._turn
            grant = Grant(need, gpus if self._has_gpus else None)
            self._grants.add(grant)
        return grant

    def give_back(self, grant: Grant | None) -> None:
        """Free what was granted. Doing it twice is no error, nor is it for a claim without room."""
        with self._lock:
            if grant is None or grant not in self._grants:
                return
            self._grants.discard(grant)
            free, need = self._free, grant.need
            self._free = replace(
                free,
                cpu=free.cpu + free.cpu_of(need),
                memory=free.memory + need.memory,
                gpu=free.gpu + need.gpu,
            )
            self._gpus = sorted([*self._gpus, *(grant.gpus or ())])
