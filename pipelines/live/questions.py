"""What a socket asks the database, each question in a thread of the pool."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from pipelines.runs import access, queries
from pipelines.runs.models import Run
from pipelines.teams import audit, second_factor, tokens
from pipelines.teams.access import Action, Person, Refused
from pipelines.teams.models import User

from .origin import token_in

P = ParamSpec("P")
T = TypeVar("T")


def _asked(question: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    # Not on the one thread that Django keeps for synchronous code: there, a large snapshot would
    # hold up every other socket.
    asked: Callable[P, Awaitable[T]] = database_sync_to_async(question, thread_sensitive=False)
    return asked


async def signed_in(scope: Any) -> Person:
    """Who is asking now, by token or by session: either may have ended since the socket was opened."""
    secret = token_in(scope)
    if secret is not None:
        token = await find_token(secret)
        if token is None:
            return AnonymousUser()
        token.user.token = token
        return token.user
    sessions = import_module(settings.SESSION_ENGINE)
    now: Any = {"session": sessions.SessionStore(scope["session"].session_key)}
    person = cast(Person, await get_user(now))
    if isinstance(person, User) and await _must_set_up(person):
        return AnonymousUser()
    return person


find_token = _asked(tokens.find)
_must_set_up = _asked(second_factor.missing)


@_asked
def may_view(person: Person, run_id: UUID) -> bool:
    try:
        access.run(person, run_id, Action.VIEW)
    except (Http404, PermissionDenied) as error:
        if isinstance(error, Refused):
            audit.denied(error, person, f"WS /ws/runs/{run_id}/")
        return False
    return True


@_asked
def position(run_id: UUID) -> tuple[str, int]:
    """The run's state, and the number of its newest event."""
    return Run.objects.values_list("state", "last_seq").get(pk=run_id)


snapshot = _asked(queries.snapshot)
events_after = _asked(queries.events_after)
