"""How long a team keeps things, and how much it may have: what it set, else what the Penstock has.

Everywhere 0 means for ever, and without a limit.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from . import audit
from .models import Team, TeamPolicy, User

RETENTION = ("runs_days", "runs_newest", "logs_days", "artifacts_days")
QUOTAS = ("storage_bytes", "open_runs", "runs_per_day", "pipelines")

_QUOTA_WORDS = {
    "storage_bytes": "bytes of storage",
    "open_runs": "runs at the same time",
    "runs_per_day": "runs a day",
    "pipelines": "pipelines",
}
_WAY_OUT = {
    "storage_bytes": "Set on the team's page how long artifacts are kept and clean up, or ask an "
    "administrator of this Penstock for more.",
    "open_runs": "Wait for one to end or cancel it, or ask an administrator of this Penstock for more.",
    "runs_per_day": "Days begin at midnight UTC. Wait for the next one, or ask an administrator of "
    "this Penstock for more.",
    "pipelines": "Archive one that nobody needs, or ask an administrator of this Penstock for more.",
}


class QuotaExceeded(RuntimeError):
    """The team has all that it may have of something."""

    def __init__(self, team: str, quota: str, limit: int, used: int) -> None:
        self.quota, self.limit, self.used = quota, limit, used
        super().__init__(
            f"The team {team} may have {limit:,} {_QUOTA_WORDS[quota]} and has {used:,}. "
            f"{_WAY_OUT[quota]}"
        )


def own(team_id: UUID) -> dict[str, int | None]:
    """What the team has set itself; None where it takes what the Penstock has."""
    row = TeamPolicy.objects.filter(pk=team_id).first() or TeamPolicy(team_id=team_id)
    return {name: getattr(row, name) for name in (*RETENTION, *QUOTAS)}


def policy(team_id: UUID) -> dict[str, int]:
    """What holds for the team."""
    return _over_defaults(own(team_id))


def quota(team_id: UUID, name: str) -> int:
    """One of the team's quotas; 0 for none."""
    return policy(team_id)[name]


def held(team_id: UUID) -> dict[str, int]:
    """What holds for the team, with its row locked when there is one: in a transaction, two that
    are just below a quota are looked at one after the other.
    """
    row = TeamPolicy.objects.select_for_update(no_key=True).filter(pk=team_id).first()
    if row is None:
        return dict(settings.PENSTOCK_POLICY)
    return _over_defaults({name: getattr(row, name) for name in (*RETENTION, *QUOTAS)})


def check(team: Team, name: str, limit: int, used: int, more: int = 1) -> None:
    """Raises QuotaExceeded when `more` do not fit any more."""
    if limit and used + more > limit:
        raise QuotaExceeded(team.name, name, limit, used)


def change(team: Team, values: Mapping[str, int | None], by: User | None) -> None:
    """Set some of the policy; None takes what the Penstock has."""
    unknown = set(values) - {*RETENTION, *QUOTAS}
    if unknown:
        raise ValueError(f"no such settings: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        row, _ = TeamPolicy.objects.select_for_update().get_or_create(team=team)
        before: dict[str, Any] = {name: getattr(row, name) for name in values}
        changed = {name: value for name, value in values.items() if before[name] != value}
        if not changed:
            return
        for name, value in changed.items():
            setattr(row, name, value)
        row.save(update_fields=list(changed))
        audit.record(
            "team.policy",
            team,
            team=team.pk,
            user=by,
            before={name: before[name] for name in changed},
            after=changed,
        )


def _over_defaults(values: Mapping[str, int | None]) -> dict[str, int]:
    defaults: Mapping[str, int] = settings.PENSTOCK_POLICY
    return {name: defaults[name] if value is None else value for name, value in values.items()}


def defaults() -> dict[str, int]:
    """What holds for a team that has set nothing."""
    return dict(settings.PENSTOCK_POLICY)
