"""The connections of teams: made, changed, tested by administrators; given to steps by their names.

Secret fields are encrypted together and never read back. They belong to where the connection leads:
whoever changes that has to give them anew.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from jsonschema import Draft202012Validator

from pipelines.core import connections as core
from pipelines.core.secrets import NAME
from pipelines.sdk.connections import TYPES, Type

from . import audit, encryption, network
from .models import Connection, Team, User

#: Shorter ones could not be masked in a log without spoiling it.
SHORTEST = 8
_TEST_SECONDS = 20
_LONGEST_MESSAGE = 1000


class BadConnection(ValueError):
    """A field cannot be like this; `field` says which."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ConnectionTaken(RuntimeError):
    """The team has a connection of that name already."""


def of_team(team: Team) -> QuerySet[Connection]:
    """A team's connections by name."""
    return team.connections.select_related("created_by", "changed_by").order_by("name")


@sensitive_variables("fields", "secret")
def create(
    team: Team, name: str, type: str, fields: Mapping[str, Any], by: User, description: str = ""
) -> Connection:
    """A new connection. Raises BadConnection, ConnectionTaken."""
    if not NAME.fullmatch(name):
        raise BadConnection(
            "name",
            "A connection's name has small letters, digits and underscores, and begins with a letter.",
        )
    public, secret = _split(_type(type), fields)
    made = Connection(
        team=team, name=name, type=type, description=description.strip(), fields=public,
        ciphertext=encryption.encrypt(json.dumps(secret)), secrets_set=sorted(secret),
        created_by=by, changed_by=by,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save()
            audit.record("connection.create", made, team=team.pk, user=by, after=_told(made))
    except IntegrityError as error:
        raise ConnectionTaken(
            f"{team.name} has a connection `{name}` already. Change that one, or choose another name."
        ) from error
    return made


@sensitive_variables("fields", "secret", "whole")
def change(
    connection: Connection, fields: Mapping[str, Any] | None, description: str | None, by: User
) -> Connection:
    """Other fields, other words. Secret fields that are left out stay. Raises BadConnection."""
    with transaction.atomic():
        locked = Connection.objects.select_for_update().get(pk=connection.pk)
        before = _told(locked)
        if description is not None:
            locked.description = description.strip()
        if fields is not None:
            whole = with_stored(locked, fields)
            public, secret = _split(TYPES[locked.type], whole)
            locked.fields, locked.secrets_set = public, sorted(secret)
            locked.ciphertext = encryption.encrypt(json.dumps(secret))
            locked.version += 1
            locked.tested_at, locked.test_ok, locked.test_message = None, None, ""
        locked.changed_at, locked.changed_by = timezone.now(), by
        locked.save()
        audit.record(
            "connection.change", locked, team=locked.team_id, user=by, before=before,
            after=_told(locked),
        )  # fmt: skip
    return locked


def delete(connection: Connection, by: User) -> None:
    """Steps that name it fail from now on, and say so."""
    with transaction.atomic():
        audit.record(
            "connection.delete", connection, team=connection.team_id, user=by,
            before=_told(connection),
        )  # fmt: skip
        connection.delete()


@sensitive_variables("fields", "stored")
def with_stored(connection: Connection, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, with the stored secrets where none are given. Raises BadConnection when it leads
    elsewhere now: a stored password is not sent to a new place.
    """
    type, stored = TYPES[connection.type], _secrets(connection)
    kept = {name: value for name, value in stored.items() if not fields.get(name)}
    moved = [name for name in type.target if fields.get(name) != connection.fields.get(name)]
    if kept and moved:
        titles = type.schema["properties"]
        raise BadConnection(
            next(iter(kept)),
            f"{titles[moved[0]]['title']} has changed: give "
            f"{titles[next(iter(kept))]['title'].lower()} anew, so that the stored one is not sent "
            "elsewhere.",
        )
    return {**fields, **kept}


@sensitive_variables("fields", "given")
def try_out(team: Team, type: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Whether it works: `{ok, message, milliseconds}`. In a process of its own, which is killed when
    it takes too long. Raises BadConnection.
    """
    _split(_type(type), fields)
    given = {"type": type, "fields": dict(fields), "reach": network.reach(team.pk)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.sdk.connections.probe"],
            input=json.dumps(given), capture_output=True, text=True, timeout=_TEST_SECONDS,
            cwd=settings.BASE_DIR, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {
            "ok": False,
            "message": f"It does not answer within {_TEST_SECONDS} seconds.",
            "milliseconds": _TEST_SECONDS * 1000,
        }
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        return {"ok": False, "message": f"The test broke off: {last[:300]}", "milliseconds": 0}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    answer["message"] = answer["message"][:_LONGEST_MESSAGE]
    return answer


def test(connection: Connection, by: User) -> Connection:
    """Test what is stored, and remember how it went."""
    fields = {**connection.fields, **_secrets(connection)}
    answer = try_out(connection.team, connection.type, fields)
    connection.tested_at, connection.test_ok = timezone.now(), answer["ok"]
    connection.test_message = answer["message"]
    with transaction.atomic():
        connection.save(update_fields=["tested_at", "test_ok", "test_message"])
        audit.record(
            "connection.test", connection, team=connection.team_id, user=by,
            after={"ok": answer["ok"]},
        )  # fmt: skip
    return connection


def types_by_name(team: Team | UUID) -> dict[str, str]:
    """The type of each connection of a team, by its name."""
    id = team.pk if isinstance(team, Team) else team
    return dict(Connection.objects.filter(team=id).values_list("name", "type"))


def lazily(team: Team | UUID | None) -> Callable[[], Mapping[str, str]]:
    """`types_by_name`, asked of the database once and only when somebody wants to know."""
    return cache(lambda: types_by_name(team) if team is not None else {})


def find(team_id: UUID, wanted: Iterable[str]) -> dict[str, Connection]:
    """Those of the connections that the team has, by name, still encrypted."""
    return {row.name: row for row in Connection.objects.filter(team=team_id, name__in=set(wanted))}


def opened(connection: Connection) -> core.Connection:
    """With its secrets, for a step that is about to start. Raises BadKeys, Undecipherable."""
    return core.Connection(
        connection.name, connection.type, connection.version, connection.fields,
        _secrets(connection),
    )  # fmt: skip


def _secrets(connection: Connection) -> dict[str, str]:
    return dict(json.loads(encryption.decrypt(connection.ciphertext)))


def _type(name: str) -> Type:
    if name not in TYPES:
        raise BadConnection("type", f"A connection's type is one of {', '.join(TYPES)}.")
    return TYPES[name]


@sensitive_variables("fields", "given")
def _split(type: Type, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Public and secret fields, checked. Raises BadConnection, which repeats no value."""
    given = {name: value for name, value in fields.items() if value not in (None, "")}
    error = next(iter(Draft202012Validator(type.schema).iter_errors(given)), None)
    if error is not None:
        name = str(next(iter(error.absolute_path), ""))
        if error.validator == "required":
            name = next(each for each in error.validator_value if each not in given)
            raise BadConnection(name, f"{type.schema['properties'][name]['title']} is needed.")
        if not name:
            raise BadConnection("fields", f"A {type.title} has no such field.")
        title = type.schema["properties"][name]["title"]
        secret = name in type.secret_fields
        why = "it does not have the right form" if secret else error.message
        raise BadConnection(name, f"{title}: {why}.")
    secrets = {name: str(value) for name, value in given.items() if name in type.secret_fields}
    for name, value in secrets.items():
        if len(value) < SHORTEST:
            raise BadConnection(
                name,
                f"{type.schema['properties'][name]['title']} has {SHORTEST} characters or more: "
                "shorter ones could not be masked in logs.",
            )
    return {name: value for name, value in given.items() if name not in secrets}, secrets


def _told(connection: Connection) -> dict[str, Any]:
    """What the audit log says: which secrets are set, and none of them."""
    return {
        "type": connection.type,
        "description": connection.description,
        "fields": connection.fields,
        "version": connection.version,
    }
