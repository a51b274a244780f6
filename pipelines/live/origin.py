"""Which pages may open a socket.

A browser sends the session's cookie with every WebSocket, from whatever page it was opened, and no
CSRF token. So the Origin has to be ours (compare Prefect's CVE-2026-7723).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

FOREIGN_ORIGIN = 4403
UNKNOWN_PATH = 4404


class SameOrigin:
    """Lets a socket through whose Origin is the host it talks to, or a trusted origin."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A token is sent by a program on purpose; no browser adds it to a foreign page's socket.
        if token_in(scope) is None and not same_origin(scope):
            await refuse(receive, send, FOREIGN_ORIGIN)
            return
        await self.app(scope, receive, send)


async def refuse(receive: Receive, send: Send, code: int) -> None:
    """Accept, then close: a browser learns the code only of a socket that was open."""
    message = await receive()
    if message["type"] == "websocket.connect":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": code})


async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
    """There is no socket at this path."""
    await refuse(receive, send, UNKNOWN_PATH)


def token_in(scope: Scope) -> str | None:
    """The secret in `Authorization: Token …`, which no browser sends with a socket."""
    scheme, _, secret = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
    return secret.strip().decode("latin-1") if scheme.lower() == b"token" else None


def same_origin(scope: Scope) -> bool:
    """Whether the page's origin and the host are one, and the host is one of ours.

    Without the second part a name that an attacker lets point to this machine would do.
    """
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    host = headers.get(b"host", b"").decode("latin-1").lower()
    domain, _ = split_domain_port(host)
    if not origin or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        parts = urlsplit(origin)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc == host
