"""How well this machine lets us separate steps, found out once by trying.

`strong`: every step has its own PID namespace, so that killing its first process kills all of it,
and its own mount namespace, with a /proc that shows nothing but the step.
`basic`: every step is a user of its own, so that it cannot read what belongs to others. A worker
that is root does this at `strong` as well, wherever it can.
`none`: steps are the worker's own user. At `basic` and `none` descendants are found through /proc and
adopted by the shepherd.
"""

import os
import resource
import signal
import socket
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from . import linux
from .view import View

Level = Literal["strong", "basic", "none"]
Wanted = Literal["auto", "basic", "none"]

#: What a step keeps when the worker is root (or root of a user namespace): the rights of
#: ordinary files, and nothing that reaches other processes, mounts or the kernel.
STEP_CAPABILITIES = (
    linux.CAP_CHOWN,
    linux.CAP_DAC_OVERRIDE,
    linux.CAP_DAC_READ_SEARCH,
    linux.CAP_FOWNER,
    linux.CAP_FSETID,
    linux.CAP_KILL,
    linux.CAP_SETGID,
    linux.CAP_SETUID,
    linux.CAP_NET_BIND_SERVICE,
)

#: Others may pass through a directory, and not list it.
_PASS = stat.S_IXGRP | stat.S_IXOTH

_LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))


class PidNamespaces:
    """Forks children that are each the first process of a PID namespace of their own."""

    def __init__(self) -> None:
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def fork(self) -> int:
        linux.unshare(linux.CLONE_NEWPID)
        try:
            pid = os.fork()
        except OSError:
            self._return()
            raise
        if pid != 0:
            self._return()
        return pid

    def _return(self) -> None:
        # Without the way back the next unshare would fail: only one level may be pending.
        linux.setns(self._own, linux.CLONE_NEWPID)


def enter(wanted: Wanted, connection: socket.socket) -> bool:
    """Prepare this process for forking children, and say whether each has namespaces of its own.

    An ordinary user may only do so inside a user namespace, whose first process must be a child:
    then this function returns in that child, and its parent waits for it and never returns.
    """
    if wanted != "auto" or not _works():
        linux.adopt_orphans()
        return False
    if os.geteuid() != 0:
        _enter_user_namespace(connection)
    return True


def level(namespaces: bool, own_users: bool) -> Level:
    return "strong" if namespaces else "basic" if own_users else "none"


def can_be_others(
    user: int, group: int, needed: Sequence[str], passed: str, view: View | None
) -> bool:
    """Whether steps can be users of their own here and still reach what they run on.

    They read what is `needed` and pass through `passed`. `view` is what they will see, in namespaces
    of their own. Says what is in the way.
    """
    if os.geteuid() != 0:
        return False

    def attempt() -> None:
        if view is not None:
            own_mounts()
            view.apply()
        linux.become(user, group)
        closed = [path for path in needed if not os.access(path, os.R_OK | os.X_OK)]
        if view is None and not os.access(passed, os.X_OK):
            closed.append(passed)
        if closed:
            print(
                f"steps stay the worker's own user: others cannot read {', '.join(closed)}",
                flush=True,
            )
            raise OSError("closed to others")

    return _succeeds(attempt, PidNamespaces().fork if view is not None else os.fork)


def open_a_way(directory: str, needed: Sequence[str], group: int) -> None:
    """Let others pass through the data directory to what they need, and close all else in it."""
    inside = [path for path in needed if path.startswith(directory + "/")]
    ways = {os.path.relpath(path, directory).split("/")[0] for path in inside}
    for entry in os.scandir(directory):
        found = entry.stat(follow_symlinks=False)
        ours = found.st_uid == os.geteuid() and found.st_gid != group
        if ours and entry.name not in ways and not entry.is_symlink():
            os.chmod(entry.path, stat.S_IMODE(found.st_mode) & stat.S_IRWXU)
    for path in inside:
        while True:
            found = os.stat(path)
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
                os.chmod(path, stat.S_IMODE(found.st_mode) | _PASS)
            if path == directory:
                break
            path = os.path.dirname(path)


def own_mounts() -> None:
    """A private view of the file system, with a /proc and a /dev/shm of our own.

    Must be called by the first process of a PID namespace.
    """
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    safe = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    linux.mount("proc", "/proc", "proc", safe)
    if os.path.isdir("/dev/shm"):
        linux.mount("tmpfs", "/dev/shm", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=1777")


def bind_read_only(source: str, target: str) -> None:
    linux.mount(source, target, None, linux.MS_BIND)
    # A remount inside a user namespace must repeat the flags that the source is locked with.
    locked = os.statvfs(source).f_flag & (linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    linux.mount(None, target, None, linux.MS_BIND | linux.MS_REMOUNT | linux.MS_RDONLY | locked)


def hide(path: str) -> tuple[int, int]:
    """Make a file or directory look empty from here on; what it is `seen_as` now."""
    if os.path.isdir(path):
        linux.mount("tmpfs", path, "tmpfs", linux.MS_RDONLY | linux.MS_NOSUID, "mode=0700")
    else:
        linux.mount("/dev/null", path, None, linux.MS_BIND)
    return seen_as(path)


def seen_as(path: str) -> tuple[int, int]:
    """Which file a path leads to. Another one has taken its place when this differs."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def marks() -> tuple[object, ...]:
    """What a step could change of the shepherd that it runs under, or leave in its namespaces.

    A step has its shepherd's user id and fewer capabilities: the kernel lets it set limits of that
    process, but neither look into it nor change its priority or processors. Of /dev/shm it is
    enough to see whether it was touched.
    """
    return (
        *(resource.getrlimit(which) for which in _LIMITS),
        Path("/proc/self/oom_score_adj").read_bytes(),
        os.stat("/dev/shm").st_ctime_ns if os.path.isdir("/dev/shm") else 0,
    )


def _works() -> bool:
    """Whether the whole of it succeeds, tried in a child that is thrown away."""
    return _succeeds(_try_as_root if os.geteuid() == 0 else _try_as_user)


def _try_as_root() -> None:
    if not _succeeds(_try_mounts, PidNamespaces().fork):
        raise OSError("no mounts in a PID namespace")


def _try_as_user() -> None:
    _map_user()
    linux.unshare(linux.CLONE_NEWPID)
    if not _succeeds(_try_nested):
        raise OSError("no PID namespace in a user namespace")


def _try_nested() -> None:
    own_mounts()
    # Rights that the worker has from outside (a capability, say) do not reach in here.
    with open(os.__file__, "rb"):
        _try_as_root()


def _try_mounts() -> None:
    own_mounts()
    bind_read_only("/dev/null", "/dev/null")
    os.stat("/proc/1/status")


def _succeeds(attempt: Callable[[], None], fork: Callable[[], int] = os.fork) -> bool:
    pid = fork()
    if pid == 0:
        code = 1
        try:
            attempt()
            code = 0
        except OSError:
            # The exit code is the answer: refused, by seccomp, AppArmor, a sysctl or the kernel.
            code = 2
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def _map_user() -> None:
    """A user namespace in which we keep our own user and group id."""
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(linux.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _enter_user_namespace(connection: socket.socket) -> None:
    _map_user()
    linux.unshare(linux.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        # The parent is outside the new namespace, and so has no number in it.
        linux.die_with_parent(signal.SIGKILL, 0)
        own_mounts()
        return
    linux.set_name("penstock-guard")
    connection.close()
    status = os.waitpid(child, 0)[1]
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
