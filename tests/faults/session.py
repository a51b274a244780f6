"""One whole Penstock with a second worker, under load: what a fault is injected into.

The second worker is a child of ours and stands for another host: we start it again ourselves, at
once, while the supervisor of the first one waits longer after each death.
"""

import contextlib
import os
import random
import signal
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx

from pipelines.config.supervisor import processes, services
from tests.support import postgres
from tests.support.processes import alive, descendants
from tests.support.stack import ENDED, ROOT, Stack, wait_until

from . import disks
from .load import INNER, PROBE, SHAPES, SOURCES, Shape

T = TypeVar("T")

LEASE_SECONDS = 4
#: How long anything may take before the fault counts as never got over; a busy machine is slow.
PATIENCE = 90.0
#: The supervisor starts a part again at once, but one that keeps dying later each time.
_MOST_DEATHS = 3
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Watched:
    """A run that was started while things broke."""

    id: UUID
    shape: Shape
    first: dict[str, Any] | None


class Session:
    """Use as a context manager. `random` decides everything that is left to chance."""

    def __init__(self, database: str, directory: Path, seed: int) -> None:
        self.database = database
        self.directory = directory
        self.random = random.Random(f"{seed} {database}")
        self.runs: list[Watched] = []
        self.pipelines: dict[str, str] = {}
        #: How often each part of the supervisor was killed since the last start of everything.
        self.deaths: Counter[str] = Counter()
        self._second: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Session":
        artifacts, tables = self.directory / "artifacts", self.directory / "database"
        if disks.private_mounts():
            self.artifacts: disks.Disk | disks.Absent = disks.Disk(artifacts, 64 * _MIB)
            self.tables: disks.Disk | disks.Limited = disks.Disk(tables, 512 * _MIB)
        else:
            self.artifacts = disks.Absent(artifacts)
            self.tables = disks.Limited(tables, self._database_writers)
        self.home = self.directory / "home"
        #: Arms failpoints in the parts of the supervisor, and in the second worker.
        self.points, self.second_points = self.directory / "fp", self.directory / "fp2"
        for place in (self.points, self.second_points):
            place.mkdir()
        self.env = {
            "DATABASE_URL": self._database_url(),
            "STORAGE_URL": f"file://{self.artifacts.path}",
            "PENSTOCK_LEASE_SECONDS": str(LEASE_SECONDS),
            "PENSTOCK_SLOTS": "2",
            "PENSTOCK_FAILPOINTS": str(self.points),
        }
        self.stack = Stack(self.home, **self.env).start()
        self._become_one_of_them()
        self.start_second_worker()
        self._publish()
        return self

    def __exit__(self, *_: object) -> None:
        self.end_second_worker()
        self.stack.stop()
        if self.database == "postgres":
            postgres.stop(self.cluster)
        for disk in (self.artifacts, self.tables):
            disk.close()

    def _database_url(self) -> str:
        if self.database == "sqlite":
            return f"sqlite://{self.tables.path / 'penstock.sqlite3'}"
        self.cluster = self.tables.path / "pg"
        server = postgres.start(self.cluster)
        return postgres.create_database(server, "penstock")

    def _become_one_of_them(self) -> None:
        """Let this process use the models on the same data."""
        os.environ.update(self.env, PENSTOCK_HOME=str(self.home), PENSTOCK_FAILPOINTS="")
        os.environ["DJANGO_SETTINGS_MODULE"] = "pipelines.config.settings"
        import django

        django.setup()

    def _publish(self) -> None:
        with self.stack.api as api:
            for source in SOURCES:
                body = {"kind": "python", "namespace": "faults", "source": source}
                _ok(api.post("/components/", json=body))
        for shape in (INNER, *SHAPES, PROBE):
            self.publish(shape.name, shape.definition())

    def publish(self, name: str, definition: dict[str, Any]) -> None:
        with self.stack.api as api:
            made = _ok(api.post("/pipelines/", json={"definition": definition}))
            _ok(api.post(f"/pipelines/{made['id']}/versions/", json={"message": "faults"}))
        self.pipelines[name] = str(made["id"])

    # -- processes

    def start_second_worker(self) -> None:
        redis = f"unix://{self.home / 'run' / 'redis.sock'}"
        env = {
            **services.environment(self.home, redis, None),
            **self.env,
            "PENSTOCK_FAILPOINTS": str(self.second_points),
        }
        with (self.directory / "second.log").open("ab") as log:
            self._second = processes.spawn(services.worker().argv, env, ROOT, stdout=log.fileno())

    def end_second_worker(self) -> None:
        if self._second is not None:
            self._second.kill()
            self._second.wait()

    @property
    def second(self) -> int:
        """The pid of the second worker."""
        assert self._second is not None
        return self._second.pid

    def second_has_ended(self) -> bool:
        return self._second is None or self._second.poll() is not None

    def restart(self) -> None:
        """Stop everything but the second worker, look that nothing is left, and start it again."""
        below = descendants(self.stack.process.pid)
        self.stack.stop()
        left = [pid for pid in below if alive(pid)]
        assert not left, f"these outlived the end of Penstock: {left}"
        self.stack.start()
        self.deaths.clear()

    def rest(self) -> None:
        """Let nothing that was killed too often in a row be killed once more."""
        if max(self.deaths.values(), default=0) >= _MOST_DEATHS:
            self.restart()

    def all_workers(self) -> list[int]:
        pids = [
            self.second,
            *([self.stack.pids()["worker"]] if "worker" in self.stack.pids() else []),
        ]
        return [pid for pid in pids if alive(pid)]

    def _database_writers(self) -> Iterable[int]:
        if self.database == "postgres":
            postmaster = int((self.cluster / "postmaster.pid").read_text().split()[0])
            return [postmaster, *descendants(postmaster)]
        return [*(pid for name, pid in self.stack.pids().items() if name != "redis"), self.second]

    def steps(self, name: str = "penstock-step") -> list[int]:
        """The processes of steps at work; with `penstock-watch` their shepherds."""
        found = []
        for worker in self.all_workers():
            for pid in descendants(worker):
                if _comm(pid) == name and (name != "penstock-step" or _is_at_work(pid)):
                    found.append(pid)
        return found

    def strays(self) -> list[str]:
        """Processes that belong to this Penstock and that nobody has any more use for."""
        parts = {self.stack.process.pid, self.second, os.getpid(), *self.stack.pids().values()}
        below = descendants(self.stack.process.pid) | descendants(self.second)
        found = []
        for pid in _processes_of(self.directory):
            if pid in parts or _is_postgres(pid):
                continue
            kept = pid in below and _comm(pid).startswith("penstock-") and not _is_at_work(pid)
            if not kept:
                found.append(f"{pid} {_comm(pid)}")
        return found

    # -- load

    def start_runs(self, count: int, *, seconds: float = 0.05) -> None:
        """Start runs of all shapes in turn, each as a client that gets no answer does: again."""
        salt = uuid.uuid4().hex
        shapes = list(SHAPES)
        self.random.shuffle(shapes)
        for number in range(count):
            shape = shapes[number % len(shapes)]
            self.runs.append(self.start_run(shape, {"seconds": seconds, "salt": salt}))

    def start_run(self, shape: Shape, parameters: dict[str, Any] | None = None) -> Watched:
        body = {"parameters": parameters or {}, "idempotency_key": uuid.uuid4().hex}
        return self._start(shape, self.pipelines[shape.name], body)

    def try_to_start_a_run(self) -> None:
        """Ask once, whatever comes of it. A run that is not known to exist is not looked at."""
        shape = self.random.choice(SHAPES)
        with self.stack.api as api, contextlib.suppress(httpx.HTTPError):
            answer = api.post(f"/pipelines/{self.pipelines[shape.name]}/runs/", json={})
            if answer.is_success:
                self.runs.append(Watched(UUID(answer.json()["id"]), shape, answer.json()))

    def _start(self, shape: Shape, pipeline: str, body: dict[str, Any]) -> Watched:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self.stack.api as api:
                    answer = api.post(f"/pipelines/{pipeline}/runs/", json=body)
            except httpx.HTTPError as error:
                answer, why = None, str(error)
            if answer is not None:
                if answer.is_success:
                    first = answer.json()
                    return Watched(UUID(first["id"]), shape, first)
                why = f"{answer.status_code} {answer.text[:300]}"
                assert answer.status_code >= 500, f"a run of {shape.name} was refused: {why}"
            assert time.monotonic() < until, f"no run could be started any more: {why}"
            time.sleep(0.1)

    def wait_busy(self) -> None:
        """Wait until steps are at work."""
        self.under_work(lambda: len(self.running()) >= 2, "two steps to run")

    def under_work(
        self, condition: Callable[[], bool], what: str, work: Callable[[], None] | None = None
    ) -> None:
        """Wait for something that happens only while there is work, and keep `work` coming."""
        until, next_look = time.monotonic() + PATIENCE, 0.0
        while not condition():
            now = time.monotonic()
            assert now < until, f"waited {PATIENCE:g} s for {what}"
            if now >= next_look:
                next_look = now + 0.1
                if self.open_runs() < 3:
                    (work or self._some_runs)()
            time.sleep(0.01)

    def _some_runs(self) -> None:
        self.start_runs(2)

    def running(self) -> dict[UUID, str]:
        """The tokens of attempts under way, each with its worker."""
        from pipelines.runs.models import NodeRun

        rows = NodeRun.objects.filter(token__isnull=False).values_list("token", "worker")
        return dict(self.ask(lambda: list(rows)))

    def held_by(self, pid: int) -> int:
        """How many attempts a worker process has in its hands."""
        return sum(f":{pid}@" in worker for worker in self.running().values())

    def open_runs(self) -> int:
        from pipelines.runs.models import Run

        ids = [run.id for run in self.runs]
        return self.ask(lambda: Run.objects.filter(pk__in=ids).exclude(state__in=ENDED).count())

    def ask(self, question: Callable[[], T], seconds: float = PATIENCE) -> T:
        """An answer of the database, which may be away for a while."""
        from django.db import Error, close_old_connections

        from pipelines.runs import outages

        until = time.monotonic() + seconds
        while True:
            try:
                return question()
            except Error as error:
                close_old_connections()
                if time.monotonic() > until or not outages.may_pass(error):
                    raise
                time.sleep(0.05)

    def recover(self, under_way: Iterable[UUID], since: float) -> float:
        """Wait until a new run has run and the attempts of before are closed; seconds `since`."""
        if self.second_has_ended():
            self.start_second_worker()
        probe = self.start_run(PROBE)
        self.runs.append(probe)
        open_then = set(under_way)
        wait_until(
            lambda: not (open_then & set(self.running())), "attempts of before to close", PATIENCE
        )
        wait_until(lambda: self.has_ended(probe), "a new run to end", PATIENCE)
        took = time.monotonic() - since
        self.stack.wait_whole(PATIENCE)
        return took

    def has_ended(self, run: Watched) -> bool:
        from pipelines.runs.models import Run

        return self.ask(lambda: Run.objects.get(pk=run.id).state in ENDED)

    def said(self) -> str:
        """All that the parts have printed so far."""
        second = (self.directory / "second.log").read_text(errors="replace")
        return f"{self.stack.output}\n\n--- the second worker\n{second}"

    def signal_parts(self, number: signal.Signals, *pids: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _ok(response: httpx.Response) -> Any:
    assert response.is_success, f"{response.request.url}: {response.status_code} {response.text}"
    return response.json()


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _is_at_work(pid: int) -> bool:
    """A step has changed to its directory; a spare one has not."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")).name == "work"
    except OSError:
        return False


def _is_postgres(pid: int) -> bool:
    return _comm(pid).startswith("postgres")


def _processes_of(directory: Path) -> list[int]:
    """Living processes that carry the directory in their command line or environment."""
    mark, found = str(directory).encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            carries = any(mark in (entry / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if carries and alive(int(entry.name)):
            found.append(int(entry.name))
    return found
