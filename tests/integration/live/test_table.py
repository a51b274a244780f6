"""Every socket x every role x own and foreign team x nobody x token, against the one table; and that
each closes at once when what it was opened by ends.

A route that is not in GUARDS fails: whoever adds one says what it takes.
"""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.test import Client

from pipelines.live import routing
from pipelines.teams import members, tokens
from pipelines.teams.models import Membership, User
from pipelines.teams.roles import ROLES, Action, Role
from tests.integration.live.test_socket import BACKEND, HOST, application, heard, settings
from tests.people import PASSWORD, People
from tests.support.sample import Sample
from tests.support.websocket import Socket

GUARDS: dict[str, Action] = {"ws/runs/<uuid:id>/": Action.VIEW}
ROUTES = [str(each.pattern) for each in routing._routes if str(each.pattern)]
NOT_SIGNED_IN, FOREIGN = 4401, 4404


async def opened(route: str, sample: Sample, *, cookie: str = "", token: str = "") -> Socket:
    """A socket of the route, on an object of the team."""
    headers = [(b"host", HOST.encode()), (b"origin", f"http://{HOST}".encode())]
    if cookie:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
    if token:
        headers.append((b"authorization", f"Token {token}".encode()))
    address = "/" + route.replace("<uuid:id>", str(sample.run.pk))
    return await Socket(application, address, headers).open()


@sync_to_async
def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def cookie_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


async def outcome(socket: Socket) -> int | str:
    """`open`, or the code it was closed with."""
    message = await socket.wire.receive_output(5)
    if message["type"] == "websocket.close":
        return int(message["code"])
    await socket.leave()
    return "open"


def test_every_socket_is_in_the_table() -> None:
    assert set(ROUTES) == set(GUARDS)


@pytest.mark.parametrize("route", ROUTES)
async def test_who_may_open_it(route: str, sample: Sample, people: People) -> None:
    assert await outcome(await opened(route, sample)) == NOT_SIGNED_IN
    assert await outcome(await opened(route, sample, token="wrong")) == NOT_SIGNED_IN
    cast = {
        Role.VIEWER: people.teammate,
        Role.OPERATOR: people.operator,
        Role.EDITOR: people.editor,
        Role.ADMIN: people.owner,
        None: people.stranger,
    }
    for role, user in cast.items():
        may = role is not None and GUARDS[route] in ROLES[role]
        wanted = "open" if may else FOREIGN
        cookie = cookie_of(await browser_of(user))
        assert await outcome(await opened(route, sample, cookie=cookie)) == wanted, role
        for scopes in (None, [GUARDS[route]], [each for each in Action if each != GUARDS[route]]):
            _, secret = await sync_to_async(tokens.create)(user, scopes=scopes)
            # Whoever may do anything may look, so no scopes close a socket that only shows.
            lacks = scopes is not None and GUARDS[route] not in {Action.VIEW, *scopes}
            expected = FOREIGN if lacks else wanted
            assert await outcome(await opened(route, sample, token=secret)) == expected, role


def sign_out(client: Client, people: People) -> None:
    assert client.post("/logout/").status_code == 302


def change_password(client: Client, people: People) -> None:
    body = {"current": PASSWORD, "new": "another long password"}
    answer = client.post("/api/v1/me/password/", body, content_type="application/json")
    assert answer.status_code == 204


def close_the_account(client: Client, people: People) -> None:
    boss = User.objects.create_superuser("boss", "", PASSWORD)
    admin = Client()
    admin.force_login(boss, backend=BACKEND)
    user: Any = get_user(client)
    form = {"username": user.username, "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    # `is_active` is not ticked.
    assert admin.post(f"/admin/teams/user/{user.pk}/change/", {**form, **inline}).status_code == 302


def remove_the_member(client: Client, people: People) -> None:
    user: Any = get_user(client)
    members.remove(Membership.objects.get(user=user, team=people.team), people.owner)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("end", "code"),
    [
        (sign_out, NOT_SIGNED_IN),
        (change_password, NOT_SIGNED_IN),
        (close_the_account, NOT_SIGNED_IN),
        (remove_the_member, FOREIGN),
    ],
)
async def test_it_closes_at_once(
    route: str,
    end: Callable[[Client, People], None],
    code: int,
    sample: Sample,
    people: People,
) -> None:
    client = await browser_of(people.teammate)
    socket = await opened(route, sample, cookie=cookie_of(client))
    assert (await socket.frame())["type"] == "snapshot"
    await heard(people.teammate)
    await sync_to_async(end)(client, people)
    assert await socket.close_code() == code


@pytest.mark.parametrize("route", ROUTES)
async def test_a_deleted_service_account_is_closed_at_once(
    route: str, sample: Sample, people: People
) -> None:
    made = await sync_to_async(members.create_service)(people.team, "ci", Role.VIEWER, people.owner)
    _, secret = await sync_to_async(tokens.create)(made.user, by=people.owner)
    socket = await opened(route, sample, token=secret)
    assert (await socket.frame())["type"] == "snapshot"
    await heard(made.user)
    await sync_to_async(members.remove)(made, people.owner)
    assert await socket.close_code() == NOT_SIGNED_IN
