"""The web server's socket. The supervisor holds it, so that a restart of web refuses no caller."""

import errno
import os
import socket

from .console import CannotStart

_WILDCARDS = ("0.0.0.0", "::", "")
_LAST_PORT = 65535


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on that address. Raises CannotStart when it is taken or not ours."""
    if not 0 <= port <= _LAST_PORT:
        # The C library would take the lower 16 bits of it, and listen somewhere else.
        raise CannotStart(
            f"There is no port {port}; they go up to {_LAST_PORT}.\n"
            "Choose another one: make run PORT=8000"
        )
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise CannotStart(
            f"{host} is not an address of this machine: {error.strerror}.\nUse --host 127.0.0.1"
        ) from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Its connections inherit this. Web cannot tell that a socket it is given speaks TCP, and would
    # else let the second half of an answer wait 40 ms for the caller's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind(address)
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise CannotStart(_refused(host, port, error)) from error
    return listener


def _refused(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program.\n"
            f"Stop that one, or choose another port: make run PORT={port + 1 if port < _LAST_PORT else 8000}"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"You may not listen on port {port}.\nChoose one above 1024: make run PORT=8000"
    return f"Penstock cannot listen on {host}:{port}: {error.strerror}.\nUse --host 127.0.0.1"


def url(listener: socket.socket, host: str) -> str:
    """The address to open in a browser on this machine."""
    port = listener.getsockname()[1]
    shown = "127.0.0.1" if host in _WILDCARDS else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def allowed_hosts(host: str) -> str | None:
    """The names under which web may be called, when `--host` needs more than the usual ones."""
    given = os.environ.get("PENSTOCK_HOSTS")
    if given or host in (*_WILDCARDS, "127.0.0.1", "localhost", "::1"):
        return given
    return f"127.0.0.1,localhost,[::1],{f'[{host}]' if ':' in host else host}"


def needs_hosts(host: str) -> bool:
    """Whether other machines will call us by names that nobody has told us."""
    return host in _WILDCARDS and not os.environ.get("PENSTOCK_HOSTS")


class Probe:
    """Asks web for `/readyz` on its own socket without blocking; `answer()` gives the status."""

    def __init__(self, listener: socket.socket) -> None:
        family, name = listener.family, listener.getsockname()
        loopback = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        target = loopback if name[0] in _WILDCARDS else name[0]
        host = (os.environ.get("PENSTOCK_HOSTS") or "127.0.0.1").split(",")[0].lstrip("*.")
        self.socket = socket.create_connection((target, name[1]), timeout=1)
        self.socket.sendall(f"GET /readyz HTTP/1.0\r\nHost: {host or '127.0.0.1'}\r\n\r\n".encode())
        self.socket.setblocking(False)

    def answer(self) -> int:
        """The HTTP status, 0 when the connection broke."""
        try:
            words = self.socket.recv(64).split(b" ", 2)
            return int(words[1]) if len(words) > 1 else 0
        except (OSError, ValueError):
            return 0
        finally:
            self.socket.close()
