"""The executors there are, by name, and which of them runs which kind of component.

A new one is a new folder and one row in EXECUTORS.
"""

import math
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.kinds import registry as kinds

from .docker import configured as docker
from .environments import EnvironmentStore
from .kubernetes import configured as kubernetes
from .kubernetes.exchange import Exchange
from .process import ProcessExecutor, StepUsers
from .protocol import Executor
from .routing import ByKind, NoExecutor

#: Seconds after which a large warm pool without a step gives its memory back.
_POOL_IDLE_SECONDS = 300.0
#: What environments of components and uv's cache may take on disk.
_ENVIRONMENT_BYTES = 20 * 1024**3
_WARM_ENVIRONMENTS = 4
_STEP_USERS = "58000-58499"
#: What steps keep for later ones, below the data directory.
_SHARED = ("data", "examples")


@dataclass(frozen=True)
class Row:
    """How an executor is made, and why it cannot be on this machine; quick to ask."""

    make: Callable[[], Executor]
    why_unusable: Callable[[], str]


_open: dict[str, Executor] = {}
_opening = threading.RLock()
_exchange: Exchange | None = None
_environments: EnvironmentStore | None = None


def get(name: str) -> Executor:
    """The executor called `name`, made at the first call and shared by all threads of a worker.

    Raises LookupError for a name that does not exist.
    """
    if name not in EXECUTORS:
        known = ", ".join(sorted(EXECUTORS))
        raise LookupError(f"there is no executor `{name}`; there are {known}")
    with _opening:
        if name not in _open:
            _open[name] = EXECUTORS[name].make()
        return _open[name]


def for_all_kinds() -> ByKind:
    """What a worker runs its steps on: each by an executor of its kind. Closing it closes all."""
    return ByKind(
        lambda kind: get(choose(kind)), warmed=get(kinds.EVERYDAY_EXECUTOR), close=close_all
    )


def use_exchange(exchange: Exchange | None) -> None:
    """Tell how files come to steps that run elsewhere; None when the store has no addresses."""
    global _exchange
    _exchange = exchange


def choose(kind: str) -> str:
    """The name of the executor that runs this kind here. Raises NoExecutor with the reasons.

    One that is in use stays the choice: when it cannot be reached any more, the step says so.
    """
    wanted = kinds.executors(kind)
    reasons = usable()
    for name in wanted:
        if name in _open or not reasons[name]:
            return name
    why = "; ".join(f"{name}: {reasons[name]}" for name in wanted)
    raise NoExecutor(f"{kind} components cannot be run on this worker ({why})")


def usable() -> dict[str, str]:
    """Every executor's name with why it cannot be used on this machine; empty when it can."""
    chosen = os.environ.get("PENSTOCK_CONTAINER_EXECUTOR", "")
    found = {}
    for name, row in EXECUTORS.items():
        if chosen and name != chosen and name in kinds.executors("container"):
            found[name] = f"PENSTOCK_CONTAINER_EXECUTOR is `{chosen}`"
        else:
            found[name] = row.why_unusable()
    return found


def close_all() -> None:
    """Close every executor that was made. For the end of a worker."""
    with _opening:
        while _open:
            _open.popitem()[1].close()


def environments() -> EnvironmentStore:
    """The environments of this machine, under the data directory.

    `PENSTOCK_ENVIRONMENT_BYTES` is how much of the disk they may take.
    """
    global _environments
    with _opening:
        if _environments is None:
            most = _number("PENSTOCK_ENVIRONMENT_BYTES", _ENVIRONMENT_BYTES, "bytes")
            _environments = EnvironmentStore(_home() / "environments", max_bytes=most)
        return _environments


def _process() -> ProcessExecutor:
    """Steps live under the data directory; the server's key and database are kept from them.

    `PENSTOCK_POOL_IDLE_SECONDS` is how long a large warm pool waits for its next step before it
    ends; 0 keeps it for ever. `PENSTOCK_WARM_ENVIRONMENTS` is how many environments of components
    keep a warm pool.
    """
    home = _home()
    database = home / "penstock.sqlite3"
    return ProcessExecutor(
        home / "steps",
        idle_seconds=_idle_seconds(os.environ.get("PENSTOCK_POOL_IDLE_SECONDS")),
        environments=environments(),
        warm_environments=int(
            _number("PENSTOCK_WARM_ENVIRONMENTS", _WARM_ENVIRONMENTS, "a number of environments")
        ),
        hidden=[
            home / "secret_key",
            home / "encryption_keys",
            *(database.with_name(database.name + end) for end in ("", "-wal", "-shm")),
            # Who may speak to a daemon that runs as root is root.
            *docker.socket_paths(os.environ),
        ],
        covered=home,
        shown=_common_data(home, users := _step_users(home)),
        users=users,
        environ={
            # Where a step keeps what should outlive it, such as an SQLite file named by itself.
            "PENSTOCK_DATA": str(home / "data"),
            **_passed_on(),
        },
    )


def _step_users(home: Path) -> StepUsers | None:
    """`PENSTOCK_STEP_USERS`: user ids that steps may have (`58000-58499`), or `off`.

    Only root can give its steps other users.
    """
    given = os.environ.get("PENSTOCK_STEP_USERS") or _STEP_USERS
    if given == "off" or os.geteuid() != 0:
        return None
    first, dash, last = given.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and 0 < int(first) <= int(last)):
        raise ValueError(
            f"PENSTOCK_STEP_USERS is `{given}`; give a range of user ids, such as {_STEP_USERS}, or off"
        )
    return StepUsers(int(first), int(last), [home / name for name in _SHARED])


def _common_data(home: Path, users: StepUsers | None) -> list[Path]:
    """The directories that steps share. With users of their own, their group may write there."""
    places = [home / name for name in _SHARED]
    for place in places:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if users is None or place.stat().st_gid == users.group:
            continue
        for directory, names, files in os.walk(place):
            for name in ("", *names, *files):
                path = os.path.join(directory, name)
                if not os.path.islink(path):
                    os.chown(path, -1, users.group)
                    os.chmod(path, 0o2770 if os.path.isdir(path) else 0o660)
    return places


def _docker() -> Executor:
    return docker.make(_home(), _passed_on())


def _kubernetes() -> Executor:
    if _exchange is None:
        raise NoExecutor(kubernetes.NO_STORE)
    return kubernetes.make(_home(), _exchange, _passed_on())


def _passed_on() -> dict[str, str]:
    """`PENSTOCK_STEP_ENV` names variables of the worker, separated by commas, that steps are to see
    (`HTTPS_PROXY,SSL_CERT_FILE`).
    """
    names = [name.strip() for name in os.environ.get("PENSTOCK_STEP_ENV", "").split(",")]
    return {name: os.environ[name] for name in names if name in os.environ}


def _idle_seconds(given: str | None) -> float:
    if not given:
        return _POOL_IDLE_SECONDS
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(
            f"PENSTOCK_POOL_IDLE_SECONDS is `{given}`; give seconds, such as 300, or 0 for never"
        )
    return seconds or math.inf


def _number(name: str, otherwise: float, what: str) -> float:
    given = os.environ.get(name)
    try:
        number = float(given) if given else otherwise
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 1):
        raise ValueError(f"{name} is `{given}`; give {what}, at least 1")
    return number


def _home() -> Path:
    """The data directory, as `pipelines.config.home` has it, which lies above this layer."""
    chosen = os.environ.get("PENSTOCK_HOME")
    base = Path(chosen).expanduser() if chosen else Path(__file__).parents[2] / ".penstock"
    return base.absolute()


EXECUTORS: Mapping[str, Row] = {
    "process": Row(_process, lambda: ""),
    "docker": Row(_docker, docker.why_unusable),
    "kubernetes": Row(_kubernetes, lambda: kubernetes.why_unusable(_exchange)),
}
