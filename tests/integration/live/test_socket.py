"""The socket of a run: who may open it, what it sends, and how it goes on after a break."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client
from redis import Redis

from pipelines.config.asgi import application
from pipelines.live import consumer
from pipelines.runs.models import Event, Run
from pipelines.teams import hints, members, tokens
from pipelines.teams.models import AuditEntry, Membership, User
from pipelines.teams.roles import ROLES, Action
from tests.people import People
from tests.support.sample import Sample
from tests.support.websocket import Socket

HOST = "localhost:8000"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def socket(
    run: Any,
    user: User | None = None,
    *,
    query: str = "",
    origin: str | None = f"http://{HOST}",
    host: str = HOST,
    path: str | None = None,
    token: str | None = None,
) -> Socket:
    headers = [(b"host", host.encode())]
    if token is not None:
        headers.append((b"authorization", f"Token {token}".encode()))
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if user is not None:
        key = await sync_to_async(cookie_of)(user)
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode()))
    address = (path or f"/ws/runs/{run}/") + query
    return await Socket(application, address, headers).open()


def add_events(run: Run, count: int, kind: str = "node.progress", **data: Any) -> None:
    run.refresh_from_db()
    first = run.last_seq + 1
    Event.objects.bulk_create(
        Event(run=run, seq=seq, kind=kind, node="b", data=data or {"progress": 0.5})
        for seq in range(first, first + count)
    )
    Run.objects.filter(pk=run.pk).update(last_seq=first + count - 1)


async def test_nobody_and_strangers_are_turned_away(sample: Sample, people: People) -> None:
    assert await (await socket(sample.run.pk)).close_code() == 4401
    assert await (await socket(sample.run.pk, people.stranger)).close_code() == 4404
    unknown = "00000000-0000-0000-0000-000000000000"
    assert await (await socket(unknown, people.owner)).close_code() == 4404
    elsewhere = await socket(None, people.owner, path="/ws/else/")
    assert await elsewhere.close_code() == 4404


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, HOST),
        ("http://evil.example", HOST),
        ("http://localhost:9999", HOST),
        ("http://localhost:8000.evil.example", HOST),
        ("null", HOST),
        ("http://[", HOST),
        ("http://rebound.example", "rebound.example"),
    ],
)
async def test_a_foreign_page_is_turned_away(
    sample: Sample, people: People, origin: str | None, host: str
) -> None:
    made = await socket(sample.run.pk, people.owner, origin=origin, host=host)
    assert await made.close_code() == 4403


async def test_a_snapshot_comes_first_then_what_happens(sample: Sample, people: People) -> None:
    made = await socket(sample.run.pk, people.teammate)
    first = await made.frame()
    assert first["type"] == "snapshot"
    assert first["seq"] == first["run"]["last_seq"] == 1
    assert {node["id"] for node in first["run"]["nodes"]} == {"a", "b"}
    await sync_to_async(add_events)(sample.run, 2)
    await get_channel_layer().group_send(
        f"run.{sample.run.pk}", {"type": "run.events", "run": str(sample.run.pk)}
    )
    news = await made.frame()
    assert [event["seq"] for event in news["events"]] == [2, 3]
    await made.leave()


async def test_a_lost_hint_costs_two_seconds_and_nothing_else(
    sample: Sample, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "POLL_SECONDS", 0.05)
    made = await socket(sample.run.pk, people.owner, query="?after=1")
    await sync_to_async(add_events)(sample.run, 1)
    news = await made.frame()
    assert [event["seq"] for event in news["events"]] == [2]
    await made.leave()


async def test_it_resumes_without_a_gap_and_in_frames(sample: Sample, people: People) -> None:
    await sync_to_async(add_events)(sample.run, 1200)
    made = await socket(sample.run.pk, people.owner, query="?after=100")
    frames = [await made.frame() for _ in range(3)]
    assert [len(frame["events"]) for frame in frames] == [500, 500, 101]
    numbers = [event["seq"] for frame in frames for event in frame["events"]]
    assert numbers == list(range(101, 1202))
    await made.leave()


@pytest.mark.parametrize("after", ["nonsense", "-1", "99999", "9" * 40, "", "%00", "١"])
async def test_a_place_that_does_not_exist_gives_a_snapshot(
    sample: Sample, people: People, after: str
) -> None:
    made = await socket(sample.run.pk, people.owner, query=f"?after={after}")
    assert (await made.frame())["type"] == "snapshot"
    await made.leave()


async def test_it_says_how_long_a_log_is_now(sample: Sample, people: People) -> None:
    made = await socket(sample.run.pk, people.owner)
    await made.frame()
    hint = {"type": "run.log", "run": str(sample.run.pk), "node": "a", "attempt": 1}
    frame = None
    while frame is None:
        # The group may not be joined yet; a hint that is lost then is sent again by the next line.
        await get_channel_layer().group_send(
            f"run.{sample.run.pk}", {**hint, "bytes": 33, "lines": 2}
        )
        if not await made.silent(0.2):
            frame = await made.frame()
    assert frame == {"type": "log", "node": "a", "attempt": 1, "bytes": 33, "lines": 2}
    await made.leave()


async def test_it_closes_when_the_session_or_the_membership_ends(
    sample: Sample, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(consumer, "RECHECK_SECONDS", 0.1)
    made = await socket(sample.run.pk, people.teammate, query="?after=1")
    assert await made.silent(0.5)
    await sync_to_async(Membership.objects.filter(user=people.teammate).delete)()
    assert await made.close_code() == 4404

    made = await socket(sample.run.pk, people.owner, query="?after=1")
    await sync_to_async(sign_out_everywhere)(people.owner)
    assert await made.close_code() == 4401


def sign_out_everywhere(user: User) -> None:
    from django.contrib.sessions.models import Session

    for session in Session.objects.all():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()


async def test_it_shows_that_it_is_alive(
    sample: Sample, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(consumer, "PING_SECONDS", 0.1)
    made = await socket(sample.run.pk, people.owner, query="?after=1")
    assert await made.frame() == {"type": "ping"}
    await made.leave()


async def test_without_redis_it_goes_on(
    sample: Sample, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        async def new_channel(self) -> str:
            raise ConnectionError("Redis is away")

    monkeypatch.setattr(consumer, "get_channel_layer", Away)
    monkeypatch.setattr(consumer, "POLL_SECONDS", 0.05)
    made = await socket(sample.run.pk, people.owner)
    assert (await made.frame())["type"] == "snapshot"
    await sync_to_async(add_events)(sample.run, 1)
    assert (await made.frame())["events"][0]["seq"] == 2
    await made.leave()


async def test_what_a_browser_sends_changes_nothing(sample: Sample, people: People) -> None:
    made = await socket(sample.run.pk, people.owner)
    await made.frame()
    await made.say(text="{not json")
    await made.say(bytes=b"\x00" * 1000)
    assert await made.silent(0.2)
    await made.leave()


async def test_every_role_may_watch(sample: Sample, people: People) -> None:
    for user in (people.teammate, people.operator, people.editor, people.owner):
        opened = await socket(sample.run.pk, user)
        assert (await opened.frame())["type"] == "snapshot"
        await opened.leave()
    assert sorted({str(role) for role in ROLES if Action.VIEW in ROLES[role]}) == sorted(ROLES)


async def test_a_program_watches_by_token_and_a_revoked_one_is_closed_at_once(
    sample: Sample, people: People
) -> None:
    token, secret = await sync_to_async(tokens.create)(people.teammate, scopes=[Action.VIEW])
    opened = await socket(sample.run.pk, origin=None, token=secret)
    assert (await opened.frame())["type"] == "snapshot"
    await heard(people.teammate)
    await sync_to_async(tokens.revoke)(token, people.teammate)
    assert await opened.close_code() == 4401
    wrong = await socket(sample.run.pk, people.owner, token="wrong")
    assert await wrong.close_code() == 4401


async def test_who_is_removed_sees_nothing_more(sample: Sample, people: People) -> None:
    opened = await socket(sample.run.pk, people.teammate)
    assert (await opened.frame())["type"] == "snapshot"
    await heard(people.teammate)
    gone = await Membership.objects.select_related("team", "user").aget(user=people.teammate)
    await sync_to_async(members.remove)(gone, people.owner)
    assert await opened.close_code() == 4404
    denied = await AuditEntry.objects.filter(outcome="denied").alatest("id")
    assert (denied.actor, denied.object_id) == ("teammate", str(sample.run.pk))


async def heard(user: User) -> None:
    """Wait until the person's socket takes hints: it answers to none before."""
    redis = Redis.from_url(settings.REDIS_URL)
    async with asyncio.timeout(5):
        while not redis.pubsub_channels(f"*{hints.group(user.pk)}"):
            await asyncio.sleep(0.01)
