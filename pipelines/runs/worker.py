"""One worker process: its executor, its slots, and the threads that watch over them.

The supervisor renews all leases in one statement and hears of cancelled runs; the watchdog kills
steps whose lease ran out all the same, even while the supervisor hangs in the database.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import Error, close_old_connections, connections

from pipelines.artifacts import exchange
from pipelines.core.states import NodeState
from pipelines.executors import host, registry
from pipelines.executors.protocol import Executor

from . import announcements, claims, identity, live, sweep
from .claims import Taker
from .driver import Driver
from .environments import locks
from .environments.builder import Builder, forget_builds_of_the_dead
from .live import Kill
from .models import NodeRun
from .recorder import Recorder
from .slots import Slots

logger = logging.getLogger(__name__)

BEAT_SECONDS = 0.5


class Worker:
    """Everything that the slots of one process share."""

    def __init__(self, queues: Iterable[str], slots: int, executor: Executor | None = None) -> None:
        self.name = str(identity.own())
        queues = tuple(queues)
        registry.use_exchange(exchange.make())
        self.facts = announcements.Facts.of_this_machine(self.name, queues, slots)
        self.executor = executor or registry.for_all_kinds()
        self.recorder = Recorder()
        room = Slots.of(slots, self.facts.cpu, self.facts.memory, host.gpus())
        room.can_use(self.facts.executors)
        self.slots = room
        self.environments = Builder(self.name)
        taker = Taker(self.name, queues, room)
        self.driver = Driver(taker, self.executor, self.recorder, self.environments)
        #: How many messages were taken, and how many threads are at work on one.
        self.messages = 0
        self.slots_in_use = 0
        self._counting = threading.Lock()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=run, name=f"penstock-{name}", daemon=True)
            for name, run in (
                ("supervisor", self._supervise),
                ("watchdog", self._watch),
                ("announcer", self._announce),
            )
        ]

    def start(self) -> None:
        """Free what an earlier process of this machine left behind, then watch."""
        try:
            sweep.free_leases_of_dead_workers()
            forget_builds_of_the_dead()
            locks.keep_own()
            announcements.forget_gone()
        except Error as error:
            logger.warning("Old leases could not be looked at yet: %s", error)
        for thread in self._threads:
            thread.start()

    def execute(self, node_run_id: int) -> int:
        """See Driver.execute."""
        with self._counting:
            self.messages += 1
            self.slots_in_use += 1
        try:
            return self.driver.execute(node_run_id)
        finally:
            with self._counting:
                self.slots_in_use -= 1

    def stop(self, grace: float) -> None:
        """Claim nothing more, give running steps `grace` seconds, then give them back."""
        self.driver.stop()
        _wait_until(lambda: not live.all_held(), grace)
        live.kill(live.all_held(), Kill.RELEASED)
        self.environments.stop()

    def close(self) -> None:
        """After the last attempt has ended."""
        _wait_until(lambda: not live.all_held(), 2.0)
        self._over.set()
        live.busy.set()
        self.driver.close()
        self.recorder.stop()
        self.executor.close()
        for thread in self._threads:
            thread.join(2.0)
        announcements.say_goodbye(self.name)

    def _supervise(self) -> None:
        renewed_at = float("-inf")
        while not self._over.is_set():
            live.busy.wait(settings.PENSTOCK_LEASE_SECONDS / 3)
            started = time.monotonic()
            try:
                renew = started - renewed_at > settings.PENSTOCK_LEASE_SECONDS / 3
                look_after_leases(renew=renew)
                if renew:
                    sweep.free_forgotten_claims(self.name)
                    renewed_at = started
            except Error as error:
                logger.warning("Leases could not be renewed, trying again: %s", error)
                close_old_connections()
            except Exception:
                # Without this thread every step of the worker would lose its lease.
                logger.exception("Leases could not be looked after, trying again")
            self._over.wait(BEAT_SECONDS)
        connections.close_all()

    def _announce(self) -> None:
        while not self._over.is_set():
            busy, isolation = self.slots.busy, self.executor.isolation
            usable = registry.usable()
            self.slots.can_use(announcements.able(usable))
            announcements.announce(self.facts, busy=busy, isolation=isolation, usable=usable)
            # Its first warm pool knows the isolation within a second or two.
            self._over.wait(announcements.BEAT_SECONDS if isolation else BEAT_SECONDS)
        connections.close_all()

    def _watch(self) -> None:
        while not self._over.is_set():
            live.busy.wait()
            live.kill_overdue()
            self._over.wait(BEAT_SECONDS / 2)


def look_after_leases(*, renew: bool) -> None:
    """Renew what is held, kill what was cancelled or taken away."""
    held = {each.token: each for each in live.all_held()}
    if not held:
        return
    rows = NodeRun.objects.filter(token__in=list(held), state=NodeState.RUNNING)
    if renew:
        deadline = live.deadline()
        rows.update(lease_expires_at=claims.lease_end())
        for each in held.values():
            each.deadline = deadline
    found = rows.values_list("token", "on_exit", "run__cancel_requested", "run__exit_cancelled")
    # What runs on exit also runs after a cancellation; it takes another one to end it.
    cancelled = {token: late if on_exit else early for token, on_exit, early, late in found}
    for token, each in held.items():
        if token not in cancelled:
            each.kill(Kill.FENCED)
        elif cancelled[token]:
            each.kill(Kill.CANCELLED)


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
