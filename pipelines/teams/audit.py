"""The audit log: who did what to what, written in the transaction of the change.

`record` is called by actions, next to the change that it tells. What is left out of it here never
reaches the log: secrets are redacted, and large values are told by their digest.
"""

import hashlib
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from pipelines.core.serialize import canonical_json

from . import floods
from .access import Refused
from .models import AuditEntry, AuditPending, User

DONE, DENIED = "done", "denied"
REDACTED = "[redacted]"
_MAX_BYTES = 16 * 1024
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)|pwd$|secret|token|api_?key|private_?key|credential|authorization|"
    r"cookie|dsn$|connection_string",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)")


@dataclass(frozen=True)
class Origin:
    """Where what happens now was asked for."""

    ip: str = ""
    request_id: str = ""


_NOWHERE = Origin()
#: Set for each request by the middleware. Commands and the engine have none.
origin: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def record(
    action: str,
    thing: Model | None = None,
    *,
    team: UUID | None,
    user: Any,
    before: Any = None,
    after: Any = None,
    outcome: str = DONE,
    name: str | None = None,
) -> AuditEntry:
    """Write an entry, in the transaction that is open; `action` is `noun.verb`.

    Without a user it was Penstock itself. Call it beside the change, so that neither can be there
    without the other.
    """
    who = user if isinstance(user, User) else None
    here = origin.get()
    token = who.token if who else None
    nobody = "anonymous" if here.ip else "system"
    entry = AuditEntry(
        at=timezone.now(),
        team_id=team,
        actor_kind=who.kind if who else nobody,
        actor_id=who.pk if who else None,
        actor=who.get_username() if who else "",
        token=str(token) if token else "",
        action=action[:60],
        outcome=outcome,
        object_type=thing._meta.model_name or "" if thing is not None else "",
        object_id=str(thing.pk) if thing is not None else "",
        object_name=(name if name is not None else _name(thing))[:200],
        before=_text(before),
        after=_text(after),
        ip=here.ip[:45],
        request_id=here.request_id,
    )
    entry.digest = digest(entry)
    with transaction.atomic():
        entry.save(force_insert=True)
        AuditPending.objects.create(entry_id=entry.pk)
    return entry


def denied(error: Exception, user: Any, name: str = "") -> None:
    """Write that something was refused. Call it after the transaction that was refused."""
    if not isinstance(user, User):
        guessed("access", name, {"refused": str(error) or "not found"})
        return
    refused = error if isinstance(error, Refused) else Refused()
    record(
        refused.action or "access",
        refused.thing,
        team=refused.team_id,
        user=user,
        after={"refused": str(error) or "not found"},
        outcome=DENIED,
        name=name or None,
    )


def guessed(action: str, name: str, refused: Mapping[str, Any] | None = None) -> None:
    """Write that somebody unknown was denied; few of many, with their number (see floods.py)."""
    number = floods.count(origin.get().ip)
    if not floods.is_told(number):
        return
    after = dict(refused or {})
    if number > floods.ONE_BY_ONE:
        after["attempts"] = number
    record(action, team=None, user=None, after=after or None, outcome=DENIED, name=name)


def changes(before: Any, after: Any) -> tuple[Any, Any]:
    """What differs between two values, of each side only that: nested, and lists by their `id`s."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        old, new = {}, {}
        for key in sorted({*before, *after}, key=str):
            if key in before and key in after:
                if before[key] != after[key]:
                    old[key], new[key] = changes(before[key], after[key])
            elif key in before:
                old[key] = before[key]
            else:
                new[key] = after[key]
        return old, new
    left, right = _by_id(before), _by_id(after)
    if left is not None and right is not None and (left or right):
        return changes(left, right)
    return before, after


def redacted(value: Any, name: str = "") -> Any:
    """The value without secrets: what is named like one, and passwords in addresses."""
    if isinstance(value, Mapping):
        return {str(key): redacted(each, str(key)) for key, each in value.items()}
    if name and value not in (None, "", True, False) and _SECRET_NAME.search(name):
        return REDACTED
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(each) for each in value]
    if isinstance(value, str):
        return _IN_URL.sub(REDACTED, value)
    if isinstance(value, datetime | UUID):
        return str(value)
    return value


def digest(entry: AuditEntry) -> str:
    """SHA-256 of everything that an entry says, its own number aside: the seal adds that."""
    said = {
        name: getattr(entry, name)
        for name in [
            "actor_kind",
            "actor_id",
            "actor",
            "token",
            "action",
            "outcome",
            "object_type",
            "object_id",
            "object_name",
            "before",
            "after",
            "ip",
            "request_id",
        ]
    }
    said["team"] = str(entry.team_id) if entry.team_id else None
    said["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def _text(value: Any) -> str:
    text = canonical_json(redacted(value))
    size = len(text.encode())
    if size > _MAX_BYTES:
        return canonical_json({"bytes": size, "sha256": hashlib.sha256(text.encode()).hexdigest()})
    return text


def _by_id(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, list):
        return None
    found = {str(each["id"]): each for each in value if isinstance(each, Mapping) and "id" in each}
    return found if len(found) == len(value) else None


def _name(thing: Model | None) -> str:
    return "" if thing is None else str(thing)
