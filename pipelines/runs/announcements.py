"""Workers say that they are there, and what they have; who falls silent is forgotten.

Nothing depends on it for truth: a claim needs no announcement. It answers people who ask why a node
waits, and what could run it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.db import Error, close_old_connections
from django.db.models import QuerySet
from django.utils import timezone

from pipelines import __version__
from pipelines.executors import host, registry

from . import identity, ledger
from .models import Worker

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
#: After this long without a word a worker counts as gone.
GONE_SECONDS = 20.0


@dataclass(frozen=True)
class Facts:
    """What does not change while a worker lives."""

    name: str
    host: str
    queues: Sequence[str]
    executors: Sequence[str]
    slots: int
    cpu: float
    memory: int
    gpu: int
    version: str
    started_at: datetime = field(default_factory=timezone.now)

    @classmethod
    def of_this_machine(cls, name: str, queues: Sequence[str], slots: int) -> "Facts":
        """Raises host.BadSetting."""
        return cls(
            name,
            host=identity.own().host[:100],
            queues=list(queues),
            executors=able(registry.usable()),
            slots=slots,
            cpu=host.cores(),
            memory=host.memory(),
            gpu=len(host.gpus()),
            version=__version__,
        )


def able(usable: Mapping[str, str]) -> list[str]:
    """Names of the executors that nothing is missing for; `usable` is as the registry's."""
    return [name for name, missing in usable.items() if not missing]


def announce(facts: Facts, *, busy: int, isolation: str, usable: Mapping[str, str]) -> None:
    """Say that the worker is there, the first time with all its facts."""
    now = {
        "busy": busy,
        "isolation": isolation,
        "executors": able(usable),
        "lacks": {name: missing for name, missing in usable.items() if missing},
        "seen_at": timezone.now(),
    }
    try:
        with ledger.turn():
            if not Worker.objects.filter(name=facts.name).update(**now):
                Worker.objects.update_or_create(name=facts.name, defaults={**asdict(facts), **now})
    except Error as error:
        logger.warning("The worker could not announce itself, it will try again: %s", error)
        close_old_connections()


def say_goodbye(name: str) -> None:
    """The worker ends: it is forgotten at once."""
    try:
        Worker.objects.filter(name=name).delete()
    except Error as error:
        logger.warning("The worker could not say goodbye; the sweep forgets it: %s", error)


def living() -> QuerySet[Worker]:
    """The workers that were heard of lately, by host and name."""
    return Worker.objects.filter(seen_at__gt=_horizon())


def forget_gone() -> int:
    """Delete the rows of workers that are silent, or known to be dead."""
    horizon = _horizon()
    gone = [
        pk
        for pk, name, seen_at in Worker.objects.order_by().values_list("pk", "name", "seen_at")
        if seen_at <= horizon or identity.is_dead(name)
    ]
    if gone:
        # One that was heard of meanwhile stays, or is back with its next beat.
        Worker.objects.filter(pk__in=gone).delete()
    return len(gone)


def _horizon() -> datetime:
    return timezone.now() - timedelta(seconds=GONE_SECONDS)
