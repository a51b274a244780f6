"""The faults. Each function breaks one thing of a session, and returns when it can be whole again.

What it answers is the moment, on the monotonic clock, from which the recovery counts; None is now.
"""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import redis

from pipelines.runs import failpoints
from tests.support import postgres
from tests.support.stack import wait_until

from .hostile import run_hostile_steps
from .load import FILES
from .races import TIMES, race_cancellations
from .session import PATIENCE, Session


@dataclass(frozen=True)
class Fault:
    """`what` is said in the report. `usual` times it strikes in one go, under `runs` runs."""

    name: str
    what: str
    strike: Callable[[Session], float | None]
    usual: int = 1
    runs: int = 6
    only: str = ""
    #: Nodes may fail over it, but only with one of these in their error.
    excuses: Sequence[str] = ()


# Processes


def _kill(session: Session, part: str, number: signal.Signals = signal.SIGKILL) -> float:
    """End a part; the moment of that. Its supervisor has started another one."""
    old = session.stack.kill(part, number)
    moment = time.monotonic()
    session.deaths[part] += 1
    session.stack.wait_for_restart(part, old, PATIENCE)
    return moment


def kill_workers(session: Session) -> float:
    """Both workers at once, so that nothing but rows is left."""
    session.signal_parts(signal.SIGKILL, session.second)
    return _kill(session, "worker")


def kill_steps(session: Session) -> None:
    session.under_work(lambda: bool(session.steps()), "a step to run")
    session.signal_parts(signal.SIGKILL, *session.steps())


def kill_shepherds(session: Session) -> None:
    session.under_work(lambda: bool(session.steps()), "a step to run")
    session.signal_parts(signal.SIGKILL, *session.steps("penstock-watch"))


def kill_fork_servers(session: Session) -> None:
    session.under_work(lambda: bool(session.steps("penstock-lean")), "a fork server")
    session.signal_parts(signal.SIGKILL, *session.steps("penstock-lean"))


def kill_web(session: Session) -> float:
    return _kill(session, "web")


def kill_scheduler(session: Session) -> float:
    return _kill(session, "scheduler")


def kill_redis(session: Session) -> float:
    return _kill(session, "redis")


def stop_worker(session: Session) -> None:
    """SIGSTOP for longer than the lease: its attempts go to the other one, its results are late."""
    session.under_work(lambda: session.held_by(session.second) > 0, "the second worker to work")
    session.signal_parts(signal.SIGSTOP, session.second)
    wait_until(lambda: not session.held_by(session.second), "its work to be taken away", PATIENCE)
    session.signal_parts(signal.SIGCONT, session.second)


def _stop_worker_at(point: str) -> Callable[[Session], None]:
    """As a pause of a virtual machine does, at the worst moment."""

    def strike(session: Session) -> None:
        armed = session.second_points / point
        armed.write_text("stop")
        session.under_work(lambda: not armed.exists(), "the second worker to finish a step")
        wait_until(
            lambda: not session.held_by(session.second), "its work to be taken away", PATIENCE
        )
        session.signal_parts(signal.SIGCONT, session.second)

    return strike


def terminate_workers(session: Session) -> float:
    """SIGTERM: both give back what they run."""
    session.signal_parts(signal.SIGTERM, session.second)
    moment = _kill(session, "worker", signal.SIGTERM)
    wait_until(session.second_has_ended, "the second worker to end", PATIENCE)
    return moment


def restart_everything(session: Session) -> None:
    """SIGTERM to the whole Penstock under load, and the next start on the same data."""
    session.restart()


# The broker and its messages


def _redis(session: Session) -> "redis.Redis":
    return redis.Redis(unix_socket_path=str(session.home / "run" / "redis.sock"), socket_timeout=5)


def flush_redis(session: Session) -> None:
    with _redis(session) as client:
        client.flushall()


def deliver_50_times(session: Session) -> None:
    """Every message of the moment again and again, for nodes in all states."""
    from pipelines.config.celery import app
    from pipelines.runs.hints import TASK
    from pipelines.runs.models import NodeRun

    ids = [run.id for run in session.runs]
    nodes = NodeRun.objects.filter(run__in=ids, state__in=["queued", "running", "pending"])
    chosen = session.ask(
        lambda: list(nodes.order_by("-queued_at").values_list("pk", flat=True)[:20])
    )
    with app.producer_pool.acquire(block=True) as producer:
        for _ in range(50):
            for pk in chosen:
                app.send_task(TASK, args=[pk], queue="default", producer=producer)


def messages_of_old_attempts(session: Session) -> None:
    """Messages for nodes whose attempt, or whose whole run, has long been over."""
    from pipelines.config.celery import app
    from pipelines.runs.hints import TASK
    from pipelines.runs.models import NodeRun

    ids = [run.id for run in session.runs]
    tried = NodeRun.objects.filter(run__in=ids, attempt__gt=0)
    wait_until(
        lambda: session.ask(tried.filter(state="success").count) > 10, "old attempts", PATIENCE
    )
    with app.producer_pool.acquire(block=True) as producer:
        for pk in session.ask(lambda: list(tried.values_list("pk", flat=True)[:300])):
            app.send_task(TASK, args=[pk], queue="default", producer=producer)


# The database


def restart_postgres(session: Session) -> None:
    postgres.restart(session.cluster)


def end_connections(session: Session) -> None:
    for _ in range(3):
        postgres.terminate_connections(session.env["DATABASE_URL"])
        time.sleep(0.2)  # the next ones should end in the middle of other things


# Disks


def fill_artifacts(session: Session) -> None:
    session.artifacts.fill()
    try:
        session.under_work(
            lambda: _mentions(session, _NO_SPACE) > 0,
            "a file that finds no room",
            lambda: session.runs.append(session.start_run(FILES)),
        )
    finally:
        session.artifacts.free()


def fill_database(session: Session) -> None:
    before = _complaints(session)
    session.tables.fill()
    try:
        until = time.monotonic() + PATIENCE
        while _complaints(session) == before:
            assert time.monotonic() < until, "no part has noticed that the disk is full"
            session.try_to_start_a_run()
    finally:
        session.tables.free()
    if session.database == "postgres":
        postgres.restart(session.cluster)


_NO_SPACE = "could not be stored"
#: What SQLite and PostgreSQL say of a full disk, and of a file that may not grow.
_DATABASE_FULL = ("disk is full", "No space left", "disk I/O error", "File too large")


def _complaints(session: Session) -> int:
    """How often web or a worker has said that the database does not do what it should."""
    said = session.said()
    return said.count("The database did not answer") + said.count("the database is away")


def _mentions(session: Session, words: str) -> int:
    from pipelines.runs.models import Attempt

    ids = [run.id for run in session.runs]
    rows = Attempt.objects.filter(node_run__run__in=ids, error__message__icontains=words)
    return session.ask(rows.count)


# Failpoints

#: These are passed by the web process, the others by workers.
_OF_WEB = ("start.before", "start.after")


def _fail_at(action: str, points: Sequence[str]) -> Callable[[Session], float | None]:
    def strike(session: Session) -> None:
        """Let the second worker (or web) fail once at each of these points, one after the other."""
        for point in points:
            web = point in _OF_WEB
            armed = (session.points if web else session.second_points) / point
            armed.write_text(action)
            session.under_work(
                lambda armed=armed: not armed.exists(), f"somebody to come by {point}"
            )
            if action == "kill" and web:
                session.stack.wait_ready()
            elif action == "kill":
                wait_until(session.second_has_ended, f"the worker to die at {point}", PATIENCE)
                session.start_second_worker()

    return strike


FAULTS: tuple[Fault, ...] = (
    Fault("nothing", "nothing broken", lambda session: None, runs=16),
    Fault("kill-worker", "killed both workers", kill_workers, usual=2),
    Fault("kill-step", "killed all steps at work", kill_steps, usual=3),
    Fault("kill-shepherd", "killed the shepherds of steps", kill_shepherds, usual=2),
    Fault("kill-fork-server", "killed the fork servers", kill_fork_servers, usual=2),
    Fault("kill-web", "killed web", kill_web, usual=2),
    Fault("kill-scheduler", "killed the scheduler", kill_scheduler, usual=2),
    Fault("kill-redis", "killed Redis", kill_redis, usual=2),
    Fault("stop-worker", "stopped a worker for longer than its lease", stop_worker),
    Fault("stop-commit", "stopped a worker before its commit", _stop_worker_at("outcome.before")),
    Fault("stop-transaction", "stopped a worker inside a transaction", _stop_worker_at("event.before"), only="postgres"),
    Fault("term-workers", "SIGTERM to both workers under load", terminate_workers),
    Fault("term-all", "SIGTERM to everything under load, and a new start", restart_everything),
    Fault("flush-redis", "FLUSHALL", flush_redis, usual=2),
    Fault("same-message", "each message 50 times", deliver_50_times),
    Fault("old-messages", "messages of old attempts", messages_of_old_attempts),
    Fault("restart-postgres", "PostgreSQL restarted at once", restart_postgres, only="postgres"),
    Fault("end-connections", "pg_terminate_backend of all", end_connections, only="postgres"),
    Fault("full-artifacts", "a full disk under artifacts", fill_artifacts, excuses=(_NO_SPACE, "holds no artifact")),
    Fault("full-database", "a full disk under the database", fill_database, excuses=_DATABASE_FULL),
    Fault("hostile-steps", "steps that do what no step should", run_hostile_steps, runs=3),
    Fault("cancel-races", f"cancel racing completion {TIMES:,} times", race_cancellations, runs=0),
    *(
        Fault(f"{action}-at-points", f"{word} at each failpoint", _fail_at(action, list(failpoints.POINTS)), runs=3)
        for action, word in (("kill", "kill -9"), ("error", "a broken connection"))
    ),
)  # fmt: skip

#: What `make test` runs: each fault on the database that it says most about. The failpoints are
#: all walked through, on both, by tests/integration/runs/test_failpoints.py.
SHORT = {
    "sqlite": (
        "kill-worker", "kill-web", "kill-redis", "kill-step", "same-message", "full-database",
        "hostile-steps", "cancel-races",
    ),
    "postgres": (
        "stop-commit", "stop-transaction", "flush-redis", "restart-postgres", "end-connections", "kill-scheduler",
        "full-artifacts", "term-workers", "old-messages",
    ),
}  # fmt: skip
