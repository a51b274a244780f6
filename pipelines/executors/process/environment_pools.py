"""The warm pools of environments: started by the first step, the least recently used ones ended."""

from collections.abc import Callable, Sequence

from ..environments import EnvironmentStore, Hold
from .pool import Pool

_NAME = 6  # the kernel shows 15 characters of a process's name, nine of them `penstock-`

NewPool = Callable[[str, Callable[[], Hold], Sequence[str]], Pool]


class EnvironmentPools:
    """Belongs to the loop's thread. `most` pools are kept; more only while all of them are at work."""

    def __init__(self, new: NewPool, store: EnvironmentStore | None, most: int) -> None:
        self._new = new
        self._store = store
        self._most = most
        self._pools: dict[str, Pool] = {}

    def get(self, digest: str, modules: Sequence[str]) -> Pool:
        """The pool of an environment, and room for it. `modules` count when it is a new one."""
        pool = self._pools.get(digest)
        if pool is None or not pool.running:
            self._make_room()
        if pool is None:
            store = self._store
            assert store is not None
            pool = self._new(digest[:_NAME], lambda: store.hold(digest), modules)
        self._pools[digest] = pool
        return pool

    def all(self) -> list[Pool]:
        """From any thread."""
        return list(self._pools.values())

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def _make_room(self) -> None:
        running = sorted(
            (pool for pool in self._pools.values() if pool.running),
            key=lambda pool: pool.wanted_at,
        )
        excess = len(running) + 1 - self._most
        for pool in running:
            if excess > 0 and pool.end_if_unused():
                excess -= 1
        self._pools = {digest: pool for digest, pool in self._pools.items() if pool.in_use}
