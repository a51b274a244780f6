"""Builds what nodes of this worker wait for, outside of its slots.

A node whose environment is not on this machine is parked, and asks again when it is there, or when
its time to look has come: should the worker die, the sweep queues the node and another one builds.
"""

import logging
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from django.db import DatabaseError, close_old_connections, connections, transaction
from django.utils import timezone

from pipelines.core import machine
from pipelines.core.states import NodeState
from pipelines.executors import registry
from pipelines.executors.environments import (
    BuildFailed,
    EnvironmentStore,
    Hold,
    Lock,
    NotBuilt,
    Stopped,
)

from .. import hints, identity, ledger
from ..claims import Claim
from ..models import Attempt, EnvironmentBuild, NodeRun, Run
from ..outputs import clean_text
from . import locks
from .locks import Need

logger = logging.getLogger(__name__)

BEING_BUILT = "building its environment"
#: A parked node looks again after so long, unless the worker that builds says that it still does.
LOOK_SECONDS = 6.0
_RENEW_SECONDS = 2.0
_FLUSH_SECONDS = 0.25
#: How many environments one worker builds at a time.
_AT_A_TIME = 2
_LONGEST_LOG = 256 * 1024
#: So many nodes are told how long the log is; whoever looks at another one asks.
_MOST_TOLD = 32
_MOST_FAILURES = 1000
_BATCH = 500


class BeingBuilt(Exception):
    """The node has to wait, outside of a slot. `build_id` is whose log to show meanwhile."""

    def __init__(self, build_id: int) -> None:
        super().__init__(BEING_BUILT)
        self.build_id = build_id
        self.until = timezone.now() + timedelta(seconds=LOOK_SECONDS)


class Unbuildable(Exception):
    """The environment of a node could not be built. `log` is what uv said."""

    def __init__(self, failure: BuildFailed, log: str) -> None:
        super().__init__(str(failure))
        self.network = failure.network
        self.log = log


@dataclass(frozen=True)
class Taken:
    """An environment that a step may run in until `hold` is released."""

    digest: str
    hold: Hold


@dataclass
class _Build:
    need: Need
    row: EnvironmentBuild
    #: Node runs that wait for it: where they are.
    waiting: dict[int, tuple[UUID, str]] = field(default_factory=dict)
    log: str = ""
    written: int = 0


class Builder:
    """Everything about environments that the slots of one worker share."""

    def __init__(
        self, worker: str, store: Callable[[], EnvironmentStore] = registry.environments
    ) -> None:
        self._worker = worker
        self._make_store = store
        self._lock = threading.Lock()
        self._builds: dict[tuple[UUID, str, str], _Build] = {}
        #: What went wrong for a run, or if it was the network for a node alone, which tries again.
        self._failures: OrderedDict[object, Unbuildable] = OrderedDict()
        self._beat: threading.Thread | None = None
        self._over = threading.Event()

    @cached_property
    def store(self) -> EnvironmentStore:
        return self._make_store()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="penstock-environment")

    def take(self, need: Need, digest: str, claim: Claim) -> Taken:
        """The environment for a claimed node, ready. `digest` is that of the lock, if there is one.

        Raises BeingBuilt when the node has to wait for it, and Unbuildable.
        """
        if digest:
            try:
                return Taken(digest, self.store.hold(digest))
            except NotBuilt:
                pass
        failure = self._failure(need, claim)
        if failure is not None:
            raise failure
        raise BeingBuilt(self._wait_for(need, claim).row.pk)

    def stop(self) -> None:
        """End the builds under way; nodes that wait for them look for another worker at once."""
        self._over.set()
        if "store" in vars(self):
            self.store.uv.stop()
        if "_pool" in vars(self):
            self._pool.shutdown()
        if self._beat is not None:
            self._beat.join(5)

    def _failure(self, need: Need, claim: Claim) -> Unbuildable | None:
        with self._lock:
            once = self._failures.pop((_key(need), claim.node_run_id), None)
            return once or self._failures.get((_key(need), claim.run_id))

    def _wait_for(self, need: Need, claim: Claim) -> _Build:
        with self._lock:
            build = self._builds.get(_key(need))
            if build is None:
                row = EnvironmentBuild.objects.create(
                    team_id=need.team_id,
                    requirements=list(need.requirements.all),
                    worker=self._worker,
                )
                build = self._builds[_key(need)] = _Build(need, row)
                self._pool.submit(self._build, build)
                if self._beat is None:
                    self._beat = threading.Thread(
                        target=self._look_after, name="penstock-environments", daemon=True
                    )
                    self._beat.start()
            build.waiting[claim.node_run_id] = (claim.run_id, claim.node)
            return build

    # In a thread of the pool

    def _build(self, build: _Build) -> None:
        need, failure = build.need, None

        def log(text: str) -> None:
            if len(build.log) < _LONGEST_LOG:
                build.log += clean_text(text)

        try:
            lock = locks.find(need)
            if lock is None:
                lock = self._lock_for(need, log)
            EnvironmentBuild.objects.filter(pk=build.row.pk).update(digest=lock.digest)
            self.store.build(lock, log)
        except BuildFailed as error:
            failure = error
        except Stopped:
            log("The worker was stopped.\n")
        except Exception as error:
            # Else the nodes would wait for ever, and build it again and again.
            logger.exception("The environment %s could not be built", need.key)
            failure = BuildFailed(
                f"{type(error).__name__}: {error}", network=isinstance(error, DatabaseError)
            )
        try:
            self._end(build, failure)
        except DatabaseError as error:
            logger.warning("The end of a build could not be told; its nodes look again: %s", error)
        finally:
            connections.close_all()

    def _lock_for(self, need: Need, log: Callable[[str], None]) -> Lock:
        wanted = ", ".join(need.requirements.all)
        log(f"Choosing versions for {wanted} …\n")
        return locks.keep(need, self.store.lock(need.requirements.all, log))

    def _end(self, build: _Build, failure: BuildFailed | None) -> None:
        state = "failed" if failure else "cancelled" if self.store.uv.stopped else "success"
        if failure is not None:
            build.log += f"{failure.in_short}\n"
            self._remember(build, Unbuildable(failure, build.log))
        with self._lock:
            self._builds.pop(_key(build.need), None)
            waiting = dict(build.waiting)
        self._write_log(build)
        EnvironmentBuild.objects.filter(pk=build.row.pk).update(
            state=state,
            error=clean_text(str(failure)) if failure else "",
            ended_at=timezone.now(),
        )
        wake(waiting)

    def _remember(self, build: _Build, failure: Unbuildable) -> None:
        """A new run builds again; a node of the same run only after a fault of the network."""
        key = _key(build.need)
        with self._lock:
            for node_run_id, (run_id, _) in build.waiting.items():
                self._failures[(key, node_run_id if failure.network else run_id)] = failure
            while len(self._failures) > _MOST_FAILURES:
                self._failures.popitem(last=False)

    # In the thread that looks after builds

    def _look_after(self) -> None:
        """Write the logs, and say that the nodes need not look elsewhere."""
        renewed_at = time.monotonic()
        while not self._over.wait(_FLUSH_SECONDS):
            with self._lock:
                builds = list(self._builds.values())
                if not builds:
                    self._beat = None
                    break
            try:
                for build in builds:
                    self._write_log(build)
                if time.monotonic() - renewed_at > _RENEW_SECONDS:
                    renewed_at = time.monotonic()
                    for build in builds:
                        _put_off(list(build.waiting))
            except DatabaseError as error:
                logger.warning("A build's log could not be written yet: %s", error)
                close_old_connections()
        connections.close_all()

    def _write_log(self, build: _Build) -> None:
        text = build.log
        if len(text) == build.written:
            return
        EnvironmentBuild.objects.filter(pk=build.row.pk).update(log=text)
        build.written = len(text)
        size, lines = len(text.encode()), text.count("\n")
        for run_id, node in list(build.waiting.values())[:_MOST_TOLD]:
            hints.log_grew(run_id, node, 0, size, lines)


def record_environment(claim: Claim, digest: str) -> None:
    """Note what an attempt runs in, before it runs: it may be lost."""
    with ledger.turn(), transaction.atomic():
        NodeRun.objects.filter(pk=claim.node_run_id, token=claim.token).update(environment=digest)
        Attempt.objects.filter(pk=claim.attempt_id).update(environment=digest)


def forget_builds_of_the_dead() -> None:
    """Say of the builds that ended with their worker that they did."""
    under_way = EnvironmentBuild.objects.filter(state="running").only("pk", "worker")
    gone = [build.pk for build in under_way if identity.is_dead(build.worker)]
    EnvironmentBuild.objects.filter(pk__in=gone).update(
        state="cancelled", error="the worker died", ended_at=timezone.now()
    )


def _key(need: Need) -> tuple[UUID, str, str]:
    return need.team_id, need.key, need.pinned


def _put_off(node_run_ids: list[int]) -> None:
    until = timezone.now() + timedelta(seconds=LOOK_SECONDS)
    for start in range(0, len(node_run_ids), _BATCH):
        NodeRun.objects.filter(
            pk__in=node_run_ids[start : start + _BATCH], state=NodeState.WAITING
        ).update(run_at=until)


def wake(waiting: dict[int, tuple[UUID, str]], patience: float = 2.0) -> None:
    """Queue the nodes that waited. One that is just about to be parked is waited for a little."""
    deadline = time.monotonic() + patience
    left = dict(waiting)
    while left:
        parked = set(_in_state(left, NodeState.WAITING))
        for run_id, nodes in _by_run(left[pk] for pk in parked).items():
            _queue(run_id, nodes)
        left = {pk: left[pk] for pk in _in_state(left, NodeState.RUNNING) if pk not in parked}
        if not left or time.monotonic() > deadline:
            return  # the rest looks again by itself
        time.sleep(0.02)


def _in_state(waiting: dict[int, tuple[UUID, str]], state: NodeState) -> list[int]:
    ids = list(waiting)
    return [
        pk
        for start in range(0, len(ids), _BATCH)
        for pk in NodeRun.objects.filter(
            pk__in=ids[start : start + _BATCH], state=state
        ).values_list("pk", flat=True)
    ]


def _by_run(places: Iterable[tuple[UUID, str]]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    for run_id, node in places:
        found[run_id].append(node)
    return found


def _queue(run_id: UUID, nodes: list[str]) -> None:
    try:
        with ledger.opened(run_id) as book:
            views = book.nodes(nodes)
            still = [name for name, view in views.items() if view.state is NodeState.WAITING]
            book.advance(machine.Due(tuple(still)))
    except (ledger.LostRace, Run.DoesNotExist):
        logger.info(
            "Nodes of run %s that waited for an environment look again by themselves", run_id
        )
