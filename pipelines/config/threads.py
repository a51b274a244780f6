"""Requests are carried out by threads that stay, each with its connection to the database.

Under ASGI Django takes a new thread for each request, and with it a new connection. Nobody closes
those until memory is collected, and a hundred requests later PostgreSQL has none left to give.
"""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.db import connections

from .memory import Returns

App = Callable[[Any, Any, Any], Awaitable[None]]

#: So many threads stay when nobody asks anything. More are made while more requests come at once.
KEPT = 16


class LastingThreads:
    """ASGI middleware around Django. A request has a thread for itself as long as it lasts."""

    def __init__(self, app: App, kept: int = KEPT) -> None:
        self.app = app
        self._kept = kept
        self._idle: list[ThreadPoolExecutor] = []
        self._memory = Returns()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            thread = self._idle.pop()  # the last one used: what rests may be let go by the database
        except IndexError:
            thread = ThreadPoolExecutor(1, thread_name_prefix="penstock-request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.app(scope, receive, send)
        finally:
            # Behind what a request that was broken off has left running there.
            thread.submit(self._rest, thread)

    def _rest(self, thread: ThreadPoolExecutor) -> None:
        if len(self._idle) < self._kept:
            self._idle.append(thread)
        else:
            connections.close_all()
            thread.shutdown(wait=False)
        self._memory.look()
