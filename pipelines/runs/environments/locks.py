"""Locks in the database: made once for a team's requirements, then the same for every worker."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, When
from django.utils import timezone

from pipelines.core.plan import NodePlan
from pipelines.executors.environments import Lock
from pipelines.executors.environments import locks as made
from pipelines.kinds.python.requirements import Requirements
from pipelines.teams import audit
from pipelines.teams.models import User

from ..models import EnvironmentLock, NodeRun


@dataclass(frozen=True)
class Need:
    """What a node needs installed, and for which team. `pinned` is the digest that must be used."""

    team_id: UUID
    requirements: Requirements
    pinned: str = ""

    @cached_property
    def key(self) -> str:
        """The same for the same requirements on the same Python and platform, whatever their order."""
        found = self.requirements
        material = [made.python(), made.machine(), found.python, sorted(found.all)]
        return hashlib.sha256(json.dumps(material).encode()).hexdigest()


def find(need: Need) -> Lock | None:
    """The lock that holds for these requirements; None before the first was made."""
    text = _holding(need).values_list("text", flat=True).first()
    return Lock(text) if text is not None else None


def digest_of(need: Need) -> str:
    """As `find`, the digest alone; empty before the first was made."""
    return _holding(need).values_list("digest", flat=True).first() or ""


def _holding(need: Need) -> QuerySet[EnvironmentLock]:
    """The pinned lock first, as long as it is one for these requirements."""
    rows = EnvironmentLock.objects.filter(team_id=need.team_id, key=need.key)
    holding = Q(current=True)
    if need.pinned:
        holding |= Q(digest=need.pinned)
    return rows.filter(holding).order_by(
        Case(When(digest=need.pinned, then=0), default=1, output_field=IntegerField())
    )


def keep(need: Need, lock: Lock) -> Lock:
    """Store a new lock, unless another worker was quicker: then that one holds."""
    with transaction.atomic():
        EnvironmentLock.objects.bulk_create([_row(need, lock)], ignore_conflicts=True)
        # After a renewal the same versions may have been chosen as before.
        others = EnvironmentLock.objects.filter(team_id=need.team_id, key=need.key, current=True)
        if not others.exists():
            EnvironmentLock.objects.filter(
                team_id=need.team_id, key=need.key, digest=lock.digest
            ).update(current=True)
    return find(need) or lock


def pinned(plans: list[NodePlan], run_id: UUID | None) -> list[NodePlan]:
    """The plans of a run that repeats `run_id`, each with the environment that its node had there."""
    if run_id is None:
        return plans
    rows = NodeRun.objects.filter(run_id=run_id).exclude(environment="").order_by()
    return using(plans, dict(rows.values_list("node", "environment")))


def using(plans: list[NodePlan], digests: Mapping[str, str]) -> list[NodePlan]:
    """The plans, the nodes that are named with the environment of this digest."""
    return [
        plan.model_copy(update={"environment": digests[plan.id]}) if plan.id in digests else plan
        for plan in plans
    ]


def keep_own() -> None:
    """Store Penstock's own libraries, as this worker has them, so that records can be looked up."""
    lock = made.own()
    row = EnvironmentLock(
        team=None,
        key="",
        python=made.python(),
        platform=made.machine(),
        requirements=[],
        text=lock.text,
        digest=lock.digest,
        current=False,
    )
    if not EnvironmentLock.objects.filter(team=None, digest=lock.digest).exists():
        EnvironmentLock.objects.bulk_create([row], ignore_conflicts=True)


def renew(lock: EnvironmentLock, by: User | None = None) -> None:
    """Let the next run choose versions anew. Runs that have used this lock keep it in their record."""
    with transaction.atomic():
        current = EnvironmentLock.objects.filter(team=lock.team, key=lock.key, current=True)
        current.update(current=False)
        audit.record(
            "environment.renew",
            lock,
            team=lock.team_id,
            user=by,
            before={"digest": lock.digest, "requirements": lock.requirements},
        )


def _row(need: Need, lock: Lock) -> EnvironmentLock:
    return EnvironmentLock(
        team_id=need.team_id,
        key=need.key,
        python=made.python(),
        platform=made.machine(),
        requirements=list(need.requirements.packages),
        added=list(need.requirements.added),
        text=lock.text,
        digest=lock.digest,
        current=True,
        created_at=timezone.now(),
    )
