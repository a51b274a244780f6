"""The shepherd: a process that starts one step, watches it and leaves nothing of it behind.

It is forked in advance, has its own namespaces ready, and has forked the step's process as well,
which waits. So a request costs no more than waking both. A shepherd whose step has left its
namespaces as they were takes another step, as making them costs more than all the rest.
"""

import json
import os
import resource
import select
import shutil
import signal
import socket
import stat
import sys
import time
from types import FrameType
from typing import NoReturn

from . import isolation, linux, tree, wire
from .cgroups import Group, Groups
from .step import wait_and_run
from .view import View
from .wire import Bounds, Closed, Done, Report

#: Seconds between SIGTERM and SIGKILL.
GRACE = {"cancelled": 2.0, "timeout": 0.5}
#: Seconds to wait for killed processes to be gone.
PATIENCE = 10.0
#: Seconds between looks at the step's memory and processes: short at first and near a limit.
TICKS = (0.02, 0.05, 0.1, 0.2)
NEAR = 0.02
#: Seconds between looks at the step's files, and how many times longer than a look they must be.
FILES_TICK = 1.0
FILES_SHARE = 20


class Shepherd:
    """`serve` is for one step after the other, as long as it says that it may be called again."""

    def __init__(self, view: View | None, groups: Groups, pool_memory: int) -> None:
        self._groups = groups
        self._pool_memory = pool_memory
        self._tree: tree.Tree = tree.Namespace() if view else tree.Descendants()
        self._view = view
        self._strong = view is not None
        self._capabilities = linux.Capabilities(isolation.STEP_CAPABILITIES)
        self._marks = isolation.marks() if self._strong else ()
        #: What each hidden path is seen as, from the first step that it was there for.
        self._hidden: dict[str, tuple[int, int]] = {}
        self._begin()

    def _begin(self) -> None:
        """Forget the step before."""
        self._peak = 0
        self._used: resource.struct_rusage | None = None
        self._used_before = _seconds(resource.getrusage(resource.RUSAGE_CHILDREN))
        self._cause = ""
        self._status: int | None = None
        self._group: Group | None = None
        self._done: Done | None = None

    def serve(self, connection: socket.socket, *, again: bool) -> bool:
        """Fork the step's process, wait for its request, run it, report.

        `again` says whether an earlier step has ended. Returns whether another one may follow.
        """
        self._begin()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shepherd = os.getpid()
        self._step = os.fork()
        if self._step == 0:
            connection.close()
            ours.close()
            wait_and_run(theirs, shepherd, self._capabilities)
        theirs.close()
        try:
            if again:
                wire.send(connection, {"free": True})
            else:
                self._rehearse()
            message, files = wire.receive(connection)
        except (Closed, BrokenPipeError):
            tree.kill_all(self._tree, PATIENCE)
            return False
        stdout, stderr, control = files
        self._control = socket.socket(fileno=control)
        directory = str(message["directory"])
        #: The step's user and group, and whether it alone is that user; None for the worker's own.
        self._own: list[int] | None = message["own"]
        with ours, self._control:
            try:
                if self._view is not None:
                    self._view.open(directory)
                bounds = Bounds.read(directory)
                self._prepare(bounds)
                self._limit(bounds, directory)
                wire.send(ours, {"directory": directory, "own": self._own}, (stdout, stderr))
            except (OSError, ValueError) as error:
                tree.kill_all(self._tree, PATIENCE)
                self._drop_group()
                self._report(Report(None, "setup", str(error)))
                return False
            wire.close_all((stdout, stderr))
            self._watch(bounds, directory, ours)
            if self._done is None:
                status = self._collect()
                tree.kill_all(self._tree, PATIENCE)
                self._count_group(status)
                self._report(self._full_report(status))
                return False
            self._count_group(self._done.code)
            self._report(self._early_report(self._done))
        tree.kill_all(self._tree, PATIENCE)
        self._drop_group()
        return self._is_as_before(bounds, directory)

    def _is_as_before(self, bounds: Bounds, directory: str) -> bool:
        """Whether a step that ended by itself has left nothing that the next one could notice."""
        if self._view is None or self._tree.pids():
            return False
        try:
            for _, target in bounds.read_only:
                linux.unmount(target)
            self._view.close(directory)
            return isolation.marks() == self._marks
        except OSError:
            return False  # then a fresh shepherd takes its place, which is always right

    def _rehearse(self) -> None:
        """Use what every step needs: a fresh fork pays for the first touch of each page."""
        tree.usage(self._tree)
        json.loads(json.dumps(vars(self._full_report(0))))

    def _prepare(self, bounds: Bounds) -> None:
        for source, target in bounds.read_only:
            self._place(source, target)
        if self._strong:
            for path in filter(os.path.exists, bounds.hidden):
                # A file that took the place of a hidden one, such as a new log, can be seen.
                if self._hidden.get(path) != isolation.seen_as(path):
                    self._hidden[path] = isolation.hide(path)

    def _limit(self, bounds: Bounds, directory: str) -> None:
        """Let the kernel keep the limits of memory and processors, where it does that for us."""
        name = "penstock-" + "-".join(directory.split("/")[-2:])
        self._group = self._groups.make(name, bounds.memory_bytes, bounds.cpu)
        if self._group is not None:
            self._group.add(self._step)

    def _count_group(self, status: int) -> None:
        """What the kernel saw of the step, and whether it was the kernel that ended it."""
        if self._group is None:
            return
        self._peak = max(self._peak, self._group.peak())
        if status and not self._cause and self._group.ran_out_of_memory():
            self._cause = "memory"
        if self._done is None:
            self._drop_group()

    def _drop_group(self) -> None:
        if self._group is not None:
            self._group.remove()
            self._group = None

    def _place(self, source: str, target: str) -> None:
        """An input file, so that the step can read it and, where that is possible, not change it."""
        if self._view is None and self._own is None:
            os.symlink(source, target)
            return
        if self._view is not None:
            source = self._view.behind(source)
        if self._own is not None:
            # Its directory stays closed to the step, which reaches the file only by what we make.
            mode = os.stat(source).st_mode
            if not mode & stat.S_IROTH:
                os.chmod(source, mode & 0o7777 | 0o444)
        if self._view is not None:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o400))
            isolation.bind_read_only(source, target)
            return
        try:
            os.link(source, target)
        except OSError:  # on another file system
            shutil.copyfile(source, target)
            os.chmod(target, 0o444)

    def _watch(self, bounds: Bounds, directory: str, step: socket.socket) -> None:
        """Until the step's process ends, by itself or because a limit or the worker wants it."""
        pidfd = os.pidfd_open(self._step)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.register(self._control, select.POLLIN)
        poll.register(step, select.POLLIN)
        started = time.monotonic()
        deadline = started + bounds.seconds if bounds.seconds else float("inf")
        ticks = iter(TICKS)
        pause = next(ticks)
        next_look = started + pause
        next_files = started + FILES_TICK
        while not self._cause:
            wait = min(deadline, next_look) - time.monotonic()
            ready = {number for number, _ in poll.poll(max(0.0, wait * 1000))}
            # On a busy machine the step has often ended before we look at what it said.
            if step.fileno() in ready:
                poll.unregister(step)
                if self._is_done(step):
                    return
            if pidfd in ready:
                return
            now = time.monotonic()
            if self._control.fileno() in ready:
                self._obey()
            elif now >= deadline:
                self._end("timeout")
            elif now >= next_look:
                pause = next(ticks, TICKS[-1])
                next_look = now + (NEAR if self._look(bounds) else pause)
                if now >= next_files:
                    next_files = self._look_at_files(bounds, directory)

    def _is_done(self, step: socket.socket) -> bool:
        """Whether the step says that it is done, and nothing else of it runs."""
        try:
            done = Done(**wire.receive(step)[0])
        except (Closed, TypeError, ValueError):
            return False  # it ends in another way, or its code wrote here: we wait for its end
        if self._tree.pids() != [self._step] or tree.threads(self._step) != 1:
            return False
        self._done = done
        return True

    def _early_report(self, done: Done) -> Report:
        return Report(
            done.code << 8,
            self._cause,
            cpu_seconds=round(done.cpu_seconds, 4),
            peak_memory=max(self._peak, done.peak_memory - self._pool_memory),
        )

    def _full_report(self, status: int) -> Report:
        used = _seconds(resource.getrusage(resource.RUSAGE_CHILDREN)) - self._used_before
        peak = self._used.ru_maxrss * 1024 - self._pool_memory if self._used else 0
        return Report(
            status, self._cause, cpu_seconds=round(used, 4), peak_memory=max(self._peak, peak)
        )

    def _obey(self) -> None:
        try:
            wire.receive(self._control)
        except Closed:
            # The worker is dead or has given this step up: nobody waits for manners or a report.
            tree.kill_all(self._tree, PATIENCE)
            self._drop_group()
            os._exit(1)
        self._end("cancelled")

    def _end(self, cause: str) -> None:
        self._cause = cause
        grace = GRACE.get(cause)
        if grace is None:
            return
        self._tree.send(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while self._tree.pids() and time.monotonic() < deadline:
            self._reap_others()
            time.sleep(0.005)

    def _reap_others(self) -> None:
        """Collect orphans that ended, and the step itself only into `_status`."""
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._step:
                self._status, self._used = status, used

    def _collect(self) -> int:
        """The step's own exit status, killing it first when it is we who end it."""
        if self._status is None:
            if self._cause:
                self._tree.send(signal.SIGKILL)
            _, self._status, self._used = os.wait4(self._step, 0)
        return self._status

    def _look(self, bounds: Bounds) -> bool:
        """Check memory and processes; True when one is near its limit."""
        processes, written = tree.usage(self._tree)
        memory = max(0, written - self._pool_memory)
        near = False
        if bounds.memory_bytes:
            if memory > bounds.memory_bytes:
                # Forks share pages, which the quick count counts in each: look again, exactly.
                memory = tree.exact_memory(self._tree)
                if memory > bounds.memory_bytes:
                    self._end("memory")
            elif self._group is not None and self._group.ran_out_of_memory():
                # The kernel was quicker, and killed one process of several; the rest goes with it.
                self._end("memory")
            near = memory * 2 > bounds.memory_bytes
        self._peak = max(self._peak, memory)
        if bounds.processes and not self._cause:
            if processes > bounds.processes:
                self._end("processes")
            near = near or processes * 4 > bounds.processes
        return near

    def _look_at_files(self, bounds: Bounds, directory: str) -> float:
        """Check what the step has written; the time of the next look."""
        began = time.monotonic()
        places = tuple(
            os.path.join(directory, name) for name in (wire.WORK, wire.TEMPORARY, wire.ARTIFACTS)
        )
        if tree.size_of(places) > bounds.output_bytes:
            self._end("output")
        ended = time.monotonic()
        return ended + max(FILES_TICK, FILES_SHARE * (ended - began))

    def _report(self, report: Report) -> None:
        try:
            wire.send(self._control, vars(report))
        except OSError as error:
            print(f"the worker did not wait for the report: {error}", file=sys.stderr)


def _seconds(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def main(
    connection: socket.socket,
    view: View | None,
    groups: Groups,
    pool_memory: int,
    parent: int,
    read_only: str,
) -> NoReturn:
    """The whole life of a freshly forked shepherd. It never returns into the fork server."""
    code = 1
    try:
        os.setsid()
        linux.set_name("penstock-watch")
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)

        def orphaned(number: int, frame: FrameType | None) -> NoReturn:
            # The fork server died without the worker: the step is lost, and must not live on.
            tree.kill_all(tree.Namespace() if view else tree.Descendants(), PATIENCE)
            os._exit(1)

        signal.signal(signal.SIGTERM, orphaned)
        if view is not None:
            linux.die_with_parent(signal.SIGTERM, 0)
            isolation.own_mounts()
            if read_only:
                isolation.bind_read_only(read_only, read_only)
            view.apply()
        else:
            linux.die_with_parent(signal.SIGTERM, parent)
            linux.adopt_orphans()
        shepherd = Shepherd(view, groups, pool_memory)
        again = False
        while shepherd.serve(connection, again=again):
            again = True
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(code)
