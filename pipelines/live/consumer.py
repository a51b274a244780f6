"""A run, live: a snapshot or a place to go on from, then its numbered events.

The socket is a view, never the truth. Hints on the channel layer say that there is more; what
there is comes from the database, in order and by number, so a lost hint costs two seconds and a
dropped socket resumes with `?after=` without a gap.
"""

import asyncio
import json
import logging
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from pipelines.runs.models import RunState
from pipelines.teams import hints

from . import questions

logger = logging.getLogger(__name__)

NOT_SIGNED_IN = 4401
UNKNOWN_OR_FOREIGN = 4404
FAILED = 1011

EVENTS_A_FRAME = 500
POLL_SECONDS = 2.0
#: A run that is over hardly ever has news.
POLL_ENDED_SECONDS = 15.0
PING_SECONDS = 20.0
#: Hints say at once that access has changed; this is for those that were lost.
RECHECK_SECONDS = 10.0
RETRY_LAYER_SECONDS = 5.0
_UNDER_WAY = frozenset({RunState.PENDING.value, RunState.RUNNING.value})


class RunConsumer(AsyncWebsocketConsumer):
    """`/ws/runs/{id}/?after=seq`"""

    # Not the base class's own layer: with it, no socket could be opened while Redis is away.
    channel_layer_alias = ""

    async def connect(self) -> None:
        await self.accept()
        self.run_id: UUID = self.scope["url_route"]["kwargs"]["id"]
        self.seq = 0
        self.ended = False
        self.news = asyncio.Event()
        self.access_changed = False
        self.logs: dict[tuple[str, int], dict[str, Any]] = {}
        self.tasks: list[asyncio.Task[None]] = []
        if await self._allowed():
            self.tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._serve())]

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The browser has nothing to say here; what it does goes through the HTTP API."""

    async def _allowed(self) -> bool:
        """Close the socket, with the reason, when its person may not look at the run (any more)."""
        person = await questions.signed_in(self.scope)
        self.person_id = person.pk
        if not person.is_authenticated:
            await self.close(NOT_SIGNED_IN)
            return False
        if not await questions.may_view(person, self.run_id):
            await self.close(UNKNOWN_OR_FOREIGN)
            return False
        return True

    async def _serve(self) -> None:
        """The one task that writes: frames never overtake, and a slow browser holds up only itself."""
        try:
            await self._begin()
            await self._follow()
        except Exception:
            # Whatever it was: the browser connects again and goes on where it is.
            logger.exception("The live view of run %s failed", self.run_id)
            await self.close(FAILED)

    async def _begin(self) -> None:
        """Start from `?after=`, or from a snapshot when that is missing or no number of this run."""
        query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        after = query.get("after", [""])[0]
        if after.isascii() and after.isdecimal() and len(after) < 19:
            state, last_seq = await questions.position(self.run_id)
            if int(after) <= last_seq:
                self.seq, self.ended = int(after), state not in _UNDER_WAY
                return
        run = await questions.snapshot(self.run_id)
        self.seq, self.ended = run["last_seq"], run["state"] not in _UNDER_WAY
        await self._frame({"type": "snapshot", "run": run, "seq": self.seq})

    async def _follow(self) -> None:
        """Send what there is, then wait for a hint or for the next poll; until access ends."""
        checked = pinged = time.monotonic()
        while True:
            await self._send_events()
            await self._send_logs()
            with suppress(TimeoutError):
                wait = POLL_ENDED_SECONDS if self.ended else POLL_SECONDS
                await asyncio.wait_for(self.news.wait(), wait)
            self.news.clear()
            now = time.monotonic()
            if self.access_changed or now - checked >= RECHECK_SECONDS:
                self.access_changed, checked = False, now
                if not await self._allowed():
                    return
            if now - pinged >= PING_SECONDS:
                pinged = now
                await self._frame({"type": "ping"})

    async def _send_events(self) -> None:
        while events := await questions.events_after(self.run_id, self.seq, EVENTS_A_FRAME):
            await self._frame({"type": "events", "events": events})
            self.seq = events[-1]["seq"]
            for event in events:
                if event["kind"] == "run.state":
                    self.ended = event["data"]["state"] not in _UNDER_WAY
            if len(events) < EVENTS_A_FRAME:
                return

    async def _send_logs(self) -> None:
        """How long logs have become; the newest word on each is enough."""
        logs, self.logs = self.logs, {}
        for hint in logs.values():
            told = {key: hint[key] for key in ("node", "attempt", "bytes", "lines")}
            await self._frame({"type": "log", **told})

    async def _listen(self) -> None:
        """Take hints from the channel layer, and come back to it when it was away."""
        while not _cancelled():
            try:
                await self._hear_all()
            except Exception as error:
                # Whatever the layer's client raises: the polls go on without hints.
                logger.debug("No hints for run %s: %s", self.run_id, error)
            if not _cancelled():
                await asyncio.sleep(RETRY_LAYER_SECONDS)

    async def _hear_all(self) -> None:
        layer: Any = get_channel_layer()
        channel, group = await layer.new_channel(), f"run.{self.run_id}"
        mine = hints.group(self.person_id or 0)
        await layer.group_add(group, channel)
        await layer.group_add(mine, channel)
        try:
            # What happened before the group was joined.
            self.news.set()
            while not _cancelled():
                hint = await layer.receive(channel)
                if hint["type"] == "access.changed":
                    self.access_changed = True
                elif hint["type"] == "run.log":
                    self.logs[(hint["node"], hint["attempt"])] = hint
                self.news.set()
        finally:
            await layer.group_discard(group, channel)
            await layer.group_discard(mine, channel)

    async def _frame(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame, separators=(",", ":")))


def _cancelled() -> bool:
    """Asked of the task itself, because Redis' client may swallow a cancellation as it connects."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
