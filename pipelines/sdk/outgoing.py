"""HTTP that goes only where the team's steps may go; see `pipelines.core.addresses`.

A name is resolved once for each connection and exactly the address that was judged is dialled, so
that a name server which answers differently the next time gains nothing. Redirects are connections
like any other. TLS and the Host header keep the name.
"""

import json
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpcore
import httpx

from pipelines.core.addresses import Reach

from .errors import Failure

MAX_REDIRECTS = 5
#: (host, port) -> the addresses, in the order in which to try them. Raises OSError.
Resolver = Callable[[str, int], list[str]]


class Refused(Failure):
    """It leads where steps of this team may not go. Trying again does not help."""


@lru_cache(maxsize=1)
def reach() -> Reach:
    """Where this step may go. Outside of a run (a notebook, a test) that is everywhere."""
    inputs = os.environ.get("PENSTOCK_INPUTS")
    if not inputs:
        return Reach(everything=True)
    return Reach.of(json.loads(Path(inputs).read_bytes()).get("reach") or ())


def client(
    *,
    timeout: float,
    within: Reach | None = None,
    resolver: Resolver | None = None,
    private: Mapping[str, str] | None = None,
    **more: Any,
) -> httpx.Client:
    """An `httpx.Client` behind the guard; `within` is what the step may reach unless given.

    It follows redirects, MAX_REDIRECTS at most, and uses no proxy. Asking raises Refused, and
    otherwise what httpx raises. `timeout` is in seconds, for each wait. `private` are headers that
    sign in: they go to the host that is asked first, and to no other that it redirects to.
    """
    context = httpx.create_ssl_context()
    transport = httpx.HTTPTransport(verify=context)
    # httpx has no way to hand a network backend to its pool; that of httpcore is public.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=context,
        network_backend=Guarded(within if within is not None else reach(), resolver or resolve),
    )
    if private:
        more["event_hooks"] = {"request": [_Private(private)]}
    settings = {"follow_redirects": True, "max_redirects": MAX_REDIRECTS, **more}
    return httpx.Client(transport=transport, timeout=timeout, **settings)


class _Private:
    """Adds headers to requests, and takes them off those that go elsewhere."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self._to: tuple[str, str, int | None] | None = None

    def __call__(self, request: httpx.Request) -> None:
        to = (request.url.scheme, request.url.host, request.url.port)
        self._to = self._to or to
        for name, value in self._headers.items():
            if to == self._to:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)


class Guarded(httpcore.NetworkBackend):
    """Opens connections to allowed addresses alone."""

    def __init__(self, within: Reach, resolver: Resolver) -> None:
        self._within, self._resolve = within, resolver
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = allowed(host, port, self._within, self._resolve)
        except OSError as error:
            raise httpcore.ConnectError(f"the name {host} cannot be resolved ({error})") from error
        failed: Exception | None = None
        for address in addresses:
            try:
                return self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore.ConnectError(f"the name {host} has no address")

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("steps do not dial sockets of the machine")


def allowed(host: str, port: int, within: Reach, resolver: Resolver | None = None) -> list[str]:
    """The addresses of `host` that may be dialled. Raises Refused when it has others only, OSError
    when it has none.
    """
    found = (resolver or resolve)(host, port)
    refusals = {address: within.refusal(host, address, port) for address in found}
    good = [address for address, refusal in refusals.items() if not refusal]
    if found and not good:
        raise Refused(
            f"{next(iter(refusals.values()))}, and steps of your team may not reach that. If they "
            f"should, an administrator of this Penstock adds `{host}:{port}` to the team's allow "
            "list, on the team's page."
        )
    return good


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, in the system's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
