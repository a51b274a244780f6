"""Fixtures for every suite. Which database the tests use is told in tests/settings.py."""

import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.support import chromium, postgres, redis_server
from tests.support.podman import Podman
from tests.support.stack import ROOT, Stack, prepare

# How long one example takes says more about the machine's other work than about the code.
hypothesis.settings.register_profile("penstock", deadline=None)
hypothesis.settings.load_profile("penstock")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """pytest-django's database."""
    from tests.support import emptying

    emptying.be_quick()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis at the address that the settings name."""
    from django.conf import settings

    with redis_server.running(Path(settings.REDIS_URL.removeprefix("unix://"))):
        yield settings.REDIS_URL


@pytest.fixture(autouse=True, scope="session")
def _audit_log_can_be_emptied() -> Iterator[None]:
    """Tests with real transactions empty every table, the append-only ones too."""
    from django.db import connection
    from django.db.backends.base.operations import BaseDatabaseOperations

    from pipelines.teams import append_only

    flush = BaseDatabaseOperations.execute_sql_flush

    def emptied(self: Any, statements: list[str]) -> None:
        append_only.drop(connection)
        flush(self, statements)
        append_only.create(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", emptied)
        yield


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def new_home() -> Iterator[Callable[[], Path]]:
    """Makes paths for data directories, short enough for sockets; nothing exists there yet."""
    base = Path(tempfile.mkdtemp(prefix="ph-"))
    yield lambda: base / uuid.uuid4().hex[:8]
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session")
def used_home(new_home: Callable[[], Path]) -> Callable[[], Path]:
    """Makes data directories in which Penstock has been started before; it starts sooner there.

    They are copies of one, down to the ids of what they hold; its examples write to the original.
    """
    original = new_home()

    def make() -> Path:
        if not original.exists():
            prepare(original)
        return Path(shutil.copytree(original, new_home()))

    return make


@pytest.fixture
def common() -> Iterator[Path]:
    """A folder where a test and the steps of a Penstock meet, whichever user those run as."""
    folder = Path(tempfile.mkdtemp(prefix="pc-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack_environment() -> Iterator[Callable[[], dict[str, str]]]:
    """The environment of a new stack: a database of its own on the server under test."""
    server = os.environ.get("DATABASE_URL")
    made: list[str] = []

    def environment() -> dict[str, str]:
        if not server:
            return {}
        made.append(f"penstock_{uuid.uuid4().hex[:8]}")
        return {"DATABASE_URL": postgres.create_database(server, made[-1])}

    yield environment
    for name in made:
        postgres.drop_database(str(server), name)


@pytest.fixture
def start_stack(
    used_home: Callable[[], Path], stack_environment: Callable[[], dict[str, str]]
) -> Iterator[Callable[..., Stack]]:
    """Starts whole Penstocks for one test, which may break them: `start_stack(PENSTOCK_SLOTS="4")`."""
    started: list[Stack] = []

    def start(home: Path | None = None, **env: str) -> Stack:
        started.append(Stack(home or used_home(), **stack_environment(), **env))
        return started[-1].start()

    yield start
    for stack in started:
        stack.stop()


@pytest.fixture(scope="session")
def podman(new_home: Callable[[], Path]) -> Iterator[Podman]:
    """A real Podman for the whole session. Leave it whole; its containers are told by labels."""
    service = Podman(new_home())
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def stack(
    new_home: Callable[[], Path], stack_environment: Callable[[], dict[str, str]]
) -> Iterator[Stack]:
    """One Penstock for the whole session: real web, worker, scheduler and Redis. Leave it whole."""
    shared = Stack(new_home(), **stack_environment()).start()
    yield shared
    shared.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """pytest-playwright on the machine's Chromium; it needs no network and no sandbox of its own."""
    return {**browser_type_launch_args, **chromium.launch_options()}


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where browser tests leave their pictures: test-artifacts/screenshots."""
    directory = ROOT / "test-artifacts" / "screenshots"
    directory.mkdir(parents=True, exist_ok=True)
    return directory
