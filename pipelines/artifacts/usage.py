"""How much teams have stored: counted with each artifact, so that a quota costs one row to check."""

from typing import Any

from django.db import transaction
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from pipelines.teams import policies
from pipelines.teams.models import Team

from .models import Artifact, TeamStorage


def add(team_id: Any, size: int, artifacts: int = 1) -> None:
    """Count artifacts that were stored, or with negative numbers that were removed."""
    change = {"bytes": F("bytes") + size, "artifacts": F("artifacts") + artifacts}
    if not TeamStorage.objects.filter(pk=team_id).update(**change):
        _, created = TeamStorage.objects.get_or_create(
            team_id=team_id, defaults={"bytes": max(size, 0), "artifacts": max(artifacts, 0)}
        )
        if not created:
            TeamStorage.objects.filter(pk=team_id).update(**change)


def of(team_id: Any) -> TeamStorage:
    """What the team has stored; a fresh row when it never stored anything."""
    return TeamStorage.objects.filter(pk=team_id).first() or TeamStorage(team_id=team_id)


def recount(team_id: Any) -> None:
    """Add it all up: what rows changed by hand have made wrong is right again."""
    with transaction.atomic():
        TeamStorage.objects.get_or_create(team_id=team_id)
        row = TeamStorage.objects.select_for_update(no_key=True).get(pk=team_id)
        found = Artifact.objects.filter(team_id=team_id).aggregate(
            bytes=Coalesce(Sum("size"), 0), artifacts=Count("pk")
        )
        row.bytes, row.artifacts = found["bytes"], found["artifacts"]
        row.save()


def check(team: Team, more: int) -> None:
    """Raises QuotaExceeded when `more` bytes do not fit into what the team may store."""
    limit = policies.quota(team.pk, "storage_bytes")
    if limit:
        policies.check(team, "storage_bytes", limit, of(team.pk).bytes, more)
