"""`python manage.py up`: prepare, start everything, print the link, stay until told to stop."""

import argparse
import contextlib
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from pipelines.config.home import BadHome, claim, home

from . import listening, redis, services
from .console import CannotStart, Console
from .supervisor import Supervisor

_PREPARE_SECONDS = 600.0
_READY_SECONDS = 120.0
_REDIS_SECONDS = 30.0
#: A part that dies this often before the first link is printed will not come up by itself.
_HOPELESS_AFTER = 3


def main(arguments: Sequence[str]) -> int:
    """Run `up`; the exit code is 0 after a stop on request, 1 when it could not start."""
    options = _options(arguments)
    console = Console()
    try:
        return _up(options, console)
    except (CannotStart, BadHome) as error:
        first, *rest = str(error).splitlines()
        print(f"\nPenstock did not start: {first}", *rest, sep="\n  ", file=sys.stderr)
        return 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="manage.py up",
        description="Start web, worker, scheduler and Redis, and print a link that signs you in.",
        epilog="Ctrl-C stops everything. The data directory is PENSTOCK_HOME (default .penstock).",
    )
    parser.add_argument(
        "--host",
        default=os.environ.get("PENSTOCK_HOST", "127.0.0.1"),
        help="address to listen on (default 127.0.0.1; 0.0.0.0 for every network)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=os.environ.get("PENSTOCK_PORT", "8000"),
        help="port to listen on (default 8000; 0 for any free one)",
    )
    parser.add_argument("--open", action="store_true", help="open the link in a browser")
    return parser.parse_args(arguments)


def _up(options: argparse.Namespace, console: Console) -> int:
    where = home()
    console.say(f"Penstock · data in {where}")
    began = time.monotonic()
    fresh = claim(where)
    console.step("data", "new directory" if fresh else "directory found", began)
    with _lock(where) as lock, contextlib.ExitStack() as finally_:
        listener = finally_.enter_context(listening.listen(options.host, options.port))
        address = listening.url(listener, options.host)
        own_redis = not os.environ.get("REDIS_URL")
        socket_path = redis.socket_path(where)
        redis_url = f"unix://{socket_path}" if own_redis else os.environ["REDIS_URL"]
        supervisor = Supervisor(
            console,
            services.environment(where, redis_url, listening.allowed_hosts(options.host)),
            changed=lambda pids: _remember(lock, address, pids),
        )
        finally_.callback(supervisor.stop)
        if own_redis:
            supervisor.start(redis.service(where, socket_path))
            _wait_for_redis(supervisor, where, socket_path)
        secret = _prepare(supervisor)
        if supervisor.stop_requested:
            return 0
        bind = ("--fd", str(listener.fileno()))
        supervisor.start(services.web(bind=bind, pass_fds=(listener.fileno(),)))
        supervisor.start(services.worker())
        supervisor.start(services.scheduler())
        if _wait_for_web(supervisor, listener, time.monotonic()):
            _welcome(console, f"{address}/welcome/{secret}/", options)
        while not supervisor.stop_requested and not console.closed:
            supervisor.tick()
        began = time.monotonic()
        console.say(f"\nStopping ({supervisor.stop_requested or 'nobody reads the output'}) …")
        supervisor.stop()
        console.step("stopped", "no process is left", began)
    return 0


def _prepare(supervisor: Supervisor) -> str:
    """Database, components, examples, first administrator; gives the secret of the login link."""
    if supervisor.stop_requested:
        return ""
    reader, writer = os.pipe()
    argv = (sys.executable, "-m", "pipelines.config.supervisor.prepare", str(writer))
    try:
        service = services.Service("prepare", argv, pass_fds=(writer,))
        code = supervisor.run_once(service, _PREPARE_SECONDS)
    finally:
        os.close(writer)
    with os.fdopen(reader) as stream:
        secret = stream.read() if code == 0 else ""
    if code is None and not supervisor.stop_requested:
        raise CannotStart(
            f"the preparation did not end within {_PREPARE_SECONDS:.0f} s.\n"
            "Something may hold the database; stop other programs that use it and start again."
        )
    if code:
        raise CannotStart("see what stands above; then start again.")
    return secret


def _wait_for_redis(supervisor: Supervisor, where: Path, path: Path) -> None:
    console, began = supervisor.console, time.monotonic()
    while not supervisor.stop_requested:
        if redis.answers(path):
            console.step("redis", f"own server on {path}", began)
            return
        hopeless = supervisor.deaths("redis") >= _HOPELESS_AFTER
        if hopeless or time.monotonic() - began > _REDIS_SECONDS:
            raise CannotStart(
                f"Redis does not come up:\n{redis.last_words(where)}\n"
                f"It keeps nothing that cannot be made again: remove {where / 'redis'} and start "
                "once more."
            )
        supervisor.tick(0.02)


def _wait_for_web(supervisor: Supervisor, listener: socket.socket, began: float) -> bool:
    """True when web answered `/readyz` with 200; False when a signal came first."""
    status = 0
    while not supervisor.stop_requested:
        status = _ask_web(supervisor, listener, status, began)
        if status == 200:
            supervisor.console.step("running", ", ".join(supervisor.pids()), began)
            return True
        supervisor.tick(0.1)
    return False


def _ask_web(supervisor: Supervisor, listener: socket.socket, last: int, began: float) -> int:
    """The status that `/readyz` answered, 0 for none; the children are looked after meanwhile."""
    answers: list[int] = []
    probe = listening.Probe(listener)

    def heard() -> None:
        answers.append(probe.answer())

    supervisor.watch(probe.socket, heard)
    while not answers and not supervisor.stop_requested:
        supervisor.tick(0.5)
        if supervisor.deaths("web") >= _HOPELESS_AFTER:
            raise CannotStart("the web server ends as soon as it starts; see its words above.")
        if time.monotonic() - began > _READY_SECONDS:
            raise CannotStart(
                f"web did not become ready within {_READY_SECONDS:.0f} s "
                f"(/readyz: {last or 'no answer'}).\nIts words above tell which part it misses."
            )
    return answers[0] if answers else 0


def _welcome(console: Console, link: str, options: argparse.Namespace) -> None:
    console.say(
        f"\nOpen Penstock in your browser, after {console.elapsed():.1f} s:\n\n    {link}\n"
    )
    console.say("The link signs you in once. Ctrl-C stops everything.")
    if listening.needs_hosts(options.host):
        console.say(
            "To be reached from other machines, set PENSTOCK_HOSTS to the names people type."
        )
    console.say()
    if options.open:
        import webbrowser

        webbrowser.open(link)


@contextlib.contextmanager
def _lock(where: Path) -> Iterator[IO[str]]:
    """Hold the data directory; the file tells a second start who does. Freed by any death."""
    path = where / "run" / "up.json"
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(_already_running(where, stream.read())) from None
        yield stream
        stream.truncate(0)


def _already_running(where: Path, written: str) -> str:
    try:
        holder = json.loads(written)
        who = f"process {holder['pid']} at {holder['url']}"
        stop = f"kill {holder['pid']}"
    except (ValueError, KeyError, TypeError):
        who, stop = "another process", "Ctrl-C in its terminal"
    return (
        f"{where} is in use by a Penstock that is already running ({who}).\n"
        f"Use that one, stop it first ({stop}), or start this one on other data: "
        "PENSTOCK_HOME=/some/where make run PORT=8001"
    )


def _remember(lock: IO[str], address: str, pids: dict[str, int]) -> None:
    """Write who runs here into the lock file."""
    lock.seek(0)
    lock.truncate()
    json.dump({"pid": os.getpid(), "url": address, "children": pids}, lock)
    lock.flush()
