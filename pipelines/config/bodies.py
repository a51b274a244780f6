"""How much anyone may send, enforced before Django reads it.

Django spools a whole request to the disk before it asks who sends it. So what is too large is
refused at its first byte too many, and a large body is taken only at the addresses for uploads and
from somebody who is signed in.
"""

import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings
from django.http.cookie import parse_cookie
from django.urls import reverse

from pipelines.api.problems import MEDIA_TYPE, problem
from pipelines.teams import tokens

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

#: What a multipart body needs beside the file itself.
_MULTIPART = 64 * 1024


class LimitBodies:
    """ASGI middleware: 413 for a body that is too large, whatever its Content-Length says."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        small = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + _MULTIPART
        limit = small
        declared = int(length) if length.isdigit() else None
        chunked = b"chunked" in headers.get(b"transfer-encoding", b"").lower()
        if scope["path"] in (reverse("api:artifacts"), reverse("api:bundles")) and (
            chunked or (declared is not None and declared > small)
        ):
            if not await _known(headers):
                await _refuse(send, 401, "not_authenticated", "Sign in before you upload files.")
                return
            limit = settings.PENSTOCK_MAX_UPLOAD_BYTES + _MULTIPART
        if declared is not None and declared > limit:
            await _refuse(send, 413, "too_large", _too_large(limit))
            return
        await self._counted(scope, receive, send, limit)

    async def _counted(self, scope: Any, receive: Receive, send: Send, limit: int) -> None:
        received, refused, answered = 0, False, False

        async def counted() -> dict[str, Any]:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit and not refused:
                refused = True
                if not answered:
                    await _refuse(send, 413, "too_large", _too_large(limit))
            return {"type": "http.disconnect"} if refused else message

        async def sent(message: dict[str, Any]) -> None:
            nonlocal answered
            answered = True
            if not refused:
                await send(message)

        await self.app(scope, counted, sent)


async def _known(headers: dict[bytes, bytes]) -> bool:
    """Whether the token or the session is somebody's. Django asks again, with all its rules."""
    scheme, _, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "token":
        return await database_sync_to_async(tokens.find)(secret.strip()) is not None
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    sessions = import_module(settings.SESSION_ENGINE)
    now: Any = {"session": sessions.SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))}
    return (await get_user(now)).is_authenticated


def _too_large(limit: int) -> str:
    return f"At most {limit:,} bytes can be sent to this address."


async def _refuse(send: Send, status: int, code: str, detail: str) -> None:
    body = json.dumps(problem(status, detail, code).data).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
