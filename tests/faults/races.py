"""A cancellation and a completion of the same node, at the same moment, again and again.

The slots are threads of this process on the session's database, in a queue that no worker serves.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .load import Shape
from .session import PATIENCE, Session, Watched

TIMES = 1000
#: Of every so many runs the events are replayed as well.
_REPLAYED = 10
_QUEUE = "races"
SHAPE = Shape(
    "race",
    [{"id": "a", "component": "faults/work", "queue": _QUEUE}],
    open_end=True,
)


@dataclass
class Race:
    """Both sides wait at the line; `lead` seconds later the cancellation goes after the step."""

    lead: float

    def __post_init__(self) -> None:
        self.line = threading.Barrier(2, timeout=30)

    def finish(self, request: Any, listener: Any) -> dict[str, Any]:
        self.line.wait()
        if self.lead < 0:
            time.sleep(-self.lead)
        return {"result": 1}

    def cancel(self, run: Any) -> bool:
        from pipelines.runs import actions

        self.line.wait()
        if self.lead > 0:
            time.sleep(self.lead)
        try:
            actions.cancel(run)
        except actions.RunEnded:
            return False
        return True


def race_cancellations(session: Session) -> None:
    from django.db import connections

    from pipelines.designs.models import Pipeline
    from pipelines.runs import actions, queries
    from pipelines.runs.claims import Taker
    from pipelines.runs.driver import Driver
    from pipelines.runs.identity import own
    from pipelines.runs.recorder import Recorder
    from pipelines.runs.slots import Slots
    from tests.support.fake_executor import FakeExecutor

    if SHAPE.name not in session.pipelines:
        session.publish(SHAPE.name, SHAPE.definition())
    pipeline = Pipeline.objects.get(pk=session.pipelines[SHAPE.name])
    executor = FakeExecutor()
    driver = Driver(Taker(str(own()), (_QUEUE,), Slots.of(2, 2.0, 2**33, ())), executor, Recorder())
    cancelled = 0
    with ThreadPoolExecutor(1) as slot, ThreadPoolExecutor(1) as person:
        for number in range(TIMES):
            run = actions.start(pipeline)
            first = queries.snapshot(run) if number % _REPLAYED == 0 else None
            session.runs.append(Watched(run.pk, SHAPE, first))
            race = Race(session.random.uniform(-0.004, 0.008))
            executor.behaviours["a"] = race.finish
            work = slot.submit(driver.execute, 0)
            cancelled += person.submit(race.cancel, run).result(PATIENCE)
            work.result(PATIENCE)
        for pool in (slot, person):
            pool.submit(connections.close_all).result(PATIENCE)
    assert 0 < cancelled < TIMES, f"{cancelled} of {TIMES} were cancelled: that was no race"
