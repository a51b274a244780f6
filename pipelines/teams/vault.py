"""The secrets of teams: written, rotated, deleted by administrators; given to steps, shown to nobody."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from pipelines.core.secrets import NAME, Secret

from . import audit, encryption
from .models import Connection, Team, TeamSecret, User

LONGEST = 64 * 1024
#: Shorter values could not be masked in a log without spoiling it.
SHORTEST = 8
_USE_RECORDED_EVERY = timedelta(minutes=1)
_BATCH = 200


class BadSecret(ValueError):
    """The name or the value cannot be one of a secret; `field` says which."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class SecretTaken(RuntimeError):
    """The team has a secret of that name already."""


@sensitive_variables("value")
def write(team: Team, name: str, value: str, by: User, description: str = "") -> TeamSecret:
    """A new secret. Raises BadSecret, SecretTaken."""
    if not NAME.fullmatch(name):
        raise BadSecret(
            "name",
            "A secret's name has small letters, digits and underscores, and begins with a letter.",
        )
    _check(value)
    try:
        with transaction.atomic():
            made = TeamSecret.objects.create(
                team=team,
                name=name,
                description=description.strip(),
                ciphertext=encryption.encrypt(value),
                created_by=by,
                changed_by=by,
            )
            audit.record("secret.write", made, team=team.pk, user=by, after={"version": 1})
    except IntegrityError as error:
        raise SecretTaken(
            f"{team.name} has a secret `{name}` already. Give that one a new value, or choose "
            "another name."
        ) from error
    return made


@sensitive_variables("value")
def rotate(secret: TeamSecret, value: str, by: User) -> TeamSecret:
    """A new value under the same name: steps that start from now on get it. Raises BadSecret."""
    _check(value)
    with transaction.atomic():
        now = timezone.now()
        TeamSecret.objects.filter(pk=secret.pk).update(
            ciphertext=encryption.encrypt(value),
            version=F("version") + 1,
            changed_by=by,
            changed_at=now,
        )
        secret.refresh_from_db()
        audit.record(
            "secret.rotate",
            secret,
            team=secret.team_id,
            user=by,
            before={"version": secret.version - 1},
            after={"version": secret.version},
        )
    return secret


def describe(secret: TeamSecret, description: str, by: User) -> TeamSecret:
    """What it is for, in words."""
    before, secret.description = secret.description, description.strip()
    if before != secret.description:
        with transaction.atomic():
            secret.save(update_fields=["description"])
            audit.record(
                "secret.describe",
                secret,
                team=secret.team_id,
                user=by,
                before={"description": before},
                after={"description": secret.description},
            )
    return secret


def delete(secret: TeamSecret, by: User) -> None:
    """Steps that name it fail from now on, and say so."""
    with transaction.atomic():
        audit.record(
            "secret.delete",
            secret,
            team=secret.team_id,
            user=by,
            before={"version": secret.version},
        )
        secret.delete()


def names(team: Team | UUID) -> frozenset[str]:
    """The names of a team's secrets."""
    id = team.pk if isinstance(team, Team) else team
    return frozenset(TeamSecret.objects.filter(team=id).values_list("name", flat=True))


def lazily(team: Team | UUID | None) -> Callable[[], frozenset[str]]:
    """`names`, asked of the database once and only when somebody wants to know."""
    return cache(lambda: names(team) if team is not None else frozenset())


def find(team_id: UUID, wanted: Iterable[str]) -> dict[str, TeamSecret]:
    """Those of the secrets that the team has, by name, still encrypted."""
    rows = TeamSecret.objects.filter(team=team_id, name__in=set(wanted)).order_by()
    return {row.name: row for row in rows}


def opened(secret: TeamSecret) -> Secret:
    """With its value, for a step that is about to start. Raises BadKeys, Undecipherable."""
    return Secret(secret.name, secret.version, encryption.decrypt(secret.ciphertext))


def used(secrets: Iterable[TeamSecret]) -> None:
    """Remember, at most once a minute for each, that a step was given them."""
    now = timezone.now()
    TeamSecret.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_RECORDED_EVERY),
        pk__in=[secret.pk for secret in secrets],
    ).update(last_used_at=now)


def renew() -> int:
    """Encrypt everything with the newest key; how many secrets were not yet.

    In batches, each a transaction of its own, so that it can be interrupted and begun anew. Raises
    BadKeys, Undecipherable.
    """
    return sum(_renew(rows) for rows in (TeamSecret.objects.all(), Connection.objects.all()))


def _renew(all_rows: QuerySet[TeamSecret] | QuerySet[Connection]) -> int:
    count, last = 0, 0
    while True:
        with transaction.atomic():
            found = all_rows.select_for_update().filter(pk__gt=last).order_by("pk")[:_BATCH]
            rows: list[TeamSecret | Connection] = list(found)
            for row in rows:
                if not encryption.is_newest(row.ciphertext):
                    row.ciphertext = encryption.renewed(row.ciphertext)
                    row.save(update_fields=["ciphertext"])
                    count += 1
        if not rows:
            return count
        last = rows[-1].pk


@sensitive_variables("value")
def _check(value: str) -> None:
    if len(value.encode("utf-8", "replace")) > LONGEST:
        raise BadSecret("value", f"A secret has at most {LONGEST // 1024} KiB.")
    if len(value) < SHORTEST:
        raise BadSecret(
            "value",
            f"A secret has {SHORTEST} characters or more: shorter ones could be guessed, and could "
            "not be masked in logs.",
        )
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise BadSecret("value", "A secret is text without null characters.")
