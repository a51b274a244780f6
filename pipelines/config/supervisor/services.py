"""The commands that make up Penstock. docker-compose.yml runs the same ones as services."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Service:
    """One long-running process: its name, its command and the descriptors that it inherits."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()


#: Python's own allocator gives memory back by the mebibyte, of which one small object holds all; the C
#: library's by the page. Web has large pieces of work between many small ones.
WEB_MEMORY = {"PYTHONMALLOC": "malloc"}


def web(*, bind: tuple[str, ...], pass_fds: tuple[int, ...] = ()) -> Service:
    """The ASGI server. `bind` is `--fd N`, or `--host H --port P`.

    Open sockets get two seconds to close: a browser that watches a run never ends by itself.
    """
    options = ("--timeout-graceful-shutdown", "2", "--no-access-log", "--log-level", "warning")
    return Service(
        "web",
        (sys.executable, "-m", "uvicorn", "pipelines.config.asgi:application", *bind, *options),
        env=WEB_MEMORY,
        pass_fds=pass_fds,
    )


def worker() -> Service:
    """Runs steps. More machines are more of these, with the same three URLs."""
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "pipelines.config.celery")
    options = (
        "--loglevel",
        "WARNING",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    )
    return Service("worker", (*celery, "worker", *options))


def scheduler() -> Service:
    """Finds what is due and what was lost; one is enough, several do no harm."""
    return Service("scheduler", (sys.executable, "manage.py", "scheduler"))


def environment(home: Path, redis_url: str, hosts: str | None) -> dict[str, str]:
    """What every child gets: our own environment, and where data and Redis are."""
    env = dict(os.environ)
    # Without bytecode each part would compile all its code at each start: seconds, and megabytes.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env.update(
        DJANGO_SETTINGS_MODULE="pipelines.config.settings",
        PENSTOCK_HOME=str(home),
        REDIS_URL=redis_url,
        PYTHONUNBUFFERED="1",
    )
    if hosts:
        env["PENSTOCK_HOSTS"] = hosts
    return env
