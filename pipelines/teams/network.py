"""Where the steps of a team may go beside the public internet.

Administrators of the Penstock decide it, because it is their network that is opened: an
administrator of a team only sees the list.
"""

import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from pipelines.core.addresses import parse_opening

from . import audit
from .models import AllowedHost, Team, User

#: So long a worker goes by what it has read; each step would ask the database otherwise.
_KNOWN_FOR_SECONDS = 2.0
_known: dict[UUID, tuple[float, tuple[str, ...]]] = {}


class Listed(RuntimeError):
    """The team may reach it already."""


def everybody() -> tuple[str, ...]:
    """What every team's steps may reach, from the settings."""
    return tuple(settings.PENSTOCK_ALLOWED_HOSTS_OUT)


def allowed_hosts(team: Team) -> QuerySet[AllowedHost]:
    """A team's own entries, by what they say."""
    return team.allowed_hosts.select_related("created_by").order_by("entry")


def reach(team_id: UUID, now: Callable[[], float] = time.monotonic) -> tuple[str, ...]:
    """The allow list of a team's steps, the one for everybody with it."""
    read, entries = _known.get(team_id, (float("-inf"), ()))
    if now() - read > _KNOWN_FOR_SECONDS:
        rows = AllowedHost.objects.filter(team=team_id).order_by("entry")
        entries = tuple(rows.values_list("entry", flat=True))
        _known[team_id] = (now(), entries)
    return (*everybody(), *entries)


def allow(team: Team, entry: str, note: str, by: User) -> AllowedHost:
    """Let the team's steps reach it. Raises BadOpening, Listed."""
    text = parse_opening(entry).text
    try:
        with transaction.atomic():
            made = AllowedHost.objects.create(
                team=team, entry=text, note=note.strip(), created_by=by
            )
            audit.record(
                "network.allow", made, team=team.pk, user=by, after={"entry": text, "note": note}
            )
    except IntegrityError as error:
        raise Listed(f"Steps of {team.name} may reach `{text}` already.") from error
    _known.pop(team.pk, None)
    return made


def forbid(host: AllowedHost, by: User) -> None:
    """Steps that start from now on do not reach it any more."""
    with transaction.atomic():
        before = {"entry": host.entry, "note": host.note}
        audit.record("network.forbid", host, team=host.team_id, user=by, before=before)
        host.delete()
    _known.pop(host.team_id, None)
