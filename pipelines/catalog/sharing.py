"""Who may use a component besides its own team: given, changed and taken back.

Taking it back stops nobody: what is published has its versions pinned and runs on. It refuses new
uses, and publishing anew.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from pipelines.teams import audit
from pipelines.teams.models import Team, User

from .models import Component, ComponentShare, Visibility


class NoSuchTeam(ValueError):
    """A team that was named is not there, or already owns the component."""


def share(
    component: Component,
    visibility: Visibility,
    teams: Sequence[str],
    user: User | None,
) -> Component:
    """Let these teams use it; `teams` are slugs, and count only while `visibility` is `teams`.

    The chosen teams replace those there were. Raises NoSuchTeam.
    """
    wanted = _teams(component, teams) if visibility == Visibility.TEAMS else []
    with transaction.atomic():
        row = Component.objects.select_for_update().get(pk=component.pk)
        before = facts(row)
        row.visibility = visibility
        row.save(update_fields=["visibility"])
        row.shares.exclude(team__in=wanted).delete()
        ComponentShare.objects.bulk_create(
            [ComponentShare(component=row, team=team, created_by=user) for team in wanted],
            ignore_conflicts=True,
        )
        after = facts(row)
        if before != after:
            audit.record(
                "component.share", row, team=row.team_id, user=user, before=before, after=after
            )
    component.visibility = row.visibility
    return component


def facts(component: Component) -> dict[str, Any]:
    """The sharing of a component, as the audit log tells it."""
    slugs = component.shares.order_by("team__slug").values_list("team__slug", flat=True)
    return {"visibility": str(component.visibility), "teams": list(slugs)}


def _teams(component: Component, slugs: Sequence[str]) -> list[Team]:
    wanted = set(slugs)
    found = list(Team.objects.filter(slug__in=wanted))
    missing = sorted(wanted - {team.slug for team in found})
    if missing:
        raise NoSuchTeam(
            f"There is no team `{missing[0]}`. A team's name for this is the last part of the "
            "address of its page."
        )
    if any(team.pk == component.team_id for team in found):
        raise NoSuchTeam(f"`{component}` belongs to that team already; choose others.")
    if not found:
        raise NoSuchTeam("Name one team at least, or keep it private.")
    return found
