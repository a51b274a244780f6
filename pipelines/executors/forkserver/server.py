"""The fork server ("zygote"): a fresh interpreter that loads a pool once and then only forks."""

import atexit
import contextlib
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any, NoReturn

from . import isolation, linux, preload, shepherd, step, tree, wire
from .cgroups import Groups
from .view import View
from .wire import Closed

#: So many shepherds wait for a request, for so long; after that a single one does. A shepherd clears
#: up for a moment after its step's end is known, so there are more of them than steps at a time.
_MOST_SPARES = 4 * len(os.sched_getaffinity(0))
_SPARE_SECONDS = 10.0
#: After so many steps a shepherd is replaced, whatever may have gathered in it.
_MOST_STEPS = 200

#: What has run this often is in its quick form (PEP 659), so that no fork needs to make it so.
_REHEARSALS = 20
#: The exit code of a server that its modules left unfit for forking.
_UNFIT = 3


class Spare:
    """A shepherd that waits for its next request, with its step's process already forked."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.pidfd = os.pidfd_open(pid)
        self.connection = connection
        self.steps = 0

    def close(self) -> None:
        os.close(self.pidfd)
        self.connection.close()


class ForkServer:
    def __init__(
        self,
        connection: socket.socket,
        level: isolation.Level,
        own_users: bool,
        view: View | None,
        read_only: str = "",
    ) -> None:
        self._connection = connection
        self._level = level
        self._own_users = own_users
        self._view = view
        self._read_only = read_only
        self._memory = tree.own_memory()
        self._groups = Groups()
        self._namespaces = isolation.PidNamespaces() if level == "strong" else None
        self._shepherds: set[int] = set()
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        #: Shepherds with a step, by the descriptor on which they say that they are free again.
        self._busy: dict[int, Spare] = {}
        self._spares: deque[Spare] = deque([self._fork()])

    def serve(self) -> None:
        """Answer requests until the worker is gone."""
        wire.send(self._connection, {"ready": self._level, "own_users": self._own_users})
        while True:
            patience = _SPARE_SECONDS * 1000 if len(self._spares) > 1 else None
            ready = {descriptor for descriptor, _ in self._poll.poll(patience)}
            if not ready:
                self._drop_spares(1)
            for descriptor in ready & self._busy.keys():
                self._on_shepherd(self._busy.pop(descriptor))
            if self._connection.fileno() in ready:
                try:
                    message, files = wire.receive(self._connection)
                except Closed:
                    return
                self._obey(message, files)

    def _obey(self, message: dict[str, Any], files: list[int]) -> None:
        if "sweep" in message:
            self._sweep()
            wire.send(self._connection, {"swept": message["sweep"]})
        else:
            self._hand_over(message, files)

    def _on_shepherd(self, shepherd: Spare) -> None:
        """It is free for another step, or it has ended."""
        self._poll.unregister(shepherd.connection)
        try:
            wire.receive(shepherd.connection)
        except Closed:
            shepherd.close()
            return
        self._spares.append(shepherd)
        if shepherd.steps >= _MOST_STEPS and len(self._spares) > 1:
            self._spares.pop().close()
        self._drop_spares(_MOST_SPARES)

    def _drop_spares(self, most: int) -> None:
        """A shepherd ends when its connection does."""
        while len(self._spares) > most:
            self._spares.popleft().close()

    def _hand_over(self, message: dict[str, Any], files: list[int]) -> None:
        try:
            shepherd = self._give(message, files)
        except OSError as error:
            wire.send(self._connection, {"refused": message["step"], "why": str(error)})
            return
        finally:
            wire.close_all(files)
        wire.send(self._connection, {"forked": message["step"]}, (shepherd.pidfd,))
        shepherd.steps += 1
        self._busy[shepherd.connection.fileno()] = shepherd
        self._poll.register(shepherd.connection, select.POLLIN)
        if self._spares:
            return
        try:
            self._spares.append(self._fork())
        except OSError as error:
            # Out of processes, say. The steps that run must not suffer for the next one.
            print(f"no spare process for the next step: {error}", file=sys.stderr, flush=True)

    def _give(self, message: dict[str, Any], files: list[int]) -> Spare:
        while self._spares:
            spare = self._spares.popleft()
            try:
                wire.send(spare.connection, message, files)
                return spare
            except OSError:
                spare.close()  # someone killed it while it waited; another one takes its place
        spare = self._fork()
        wire.send(spare.connection, message, files)
        return spare

    def _fork(self) -> Spare:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server = os.getpid()
        pid = self._namespaces.fork() if self._namespaces else os.fork()
        if pid == 0:
            self._connection.close()
            ours.close()
            shepherd.main(theirs, self._view, self._groups, self._memory, server, self._read_only)
        theirs.close()
        self._shepherds.add(pid)
        return Spare(pid, ours)

    def _sweep(self) -> None:
        """Kill what a shepherd left behind that was itself killed: it is our child now."""
        deadline = time.monotonic() + shepherd.PATIENCE
        while time.monotonic() < deadline:
            alive = set(tree.children(os.getpid()))
            self._shepherds &= alive
            if alive == self._shepherds:
                return
            tree.Descendants(keep=frozenset(self._shepherds)).send(signal.SIGKILL)
            time.sleep(0.002)


def main(pool: str, wanted: isolation.Wanted, descriptor: int, worker: int, more: str) -> NoReturn:
    """`more` is JSON: `modules` to import ahead, the environment that is `read_only` to steps, the
    directory that is `covered` but for what of it is `shown`, the place of `steps`, and a `user`
    and a `group` of which steps may be, if any.
    """
    connection = socket.socket(fileno=descriptor)
    linux.die_with_parent(signal.SIGKILL, worker)
    linux.set_name(f"penstock-{pool}")
    namespaces = isolation.enter(wanted, connection)
    linux.set_name(f"penstock-{pool}")
    preload.load(pool)
    options = json.loads(more)
    preload.try_to_load(options["modules"])
    threads = tree.threads(os.getpid())
    if threads != 1 and options["modules"]:
        os._exit(_UNFIT)
    if threads != 1:
        print(f"the pool {pool} has {threads} threads, which forks do not inherit", file=sys.stderr)
    own_users, view = _separation(wanted, namespaces, options)
    # What the libraries wanted done at the end of the process is not for each step to do.
    atexit._clear()
    # The kernel reaps shepherds by itself; the worker learns of their end by pidfd.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _fence()
    for _ in range(_REHEARSALS):
        step.rehearse()
    gc.collect()
    gc.freeze()
    linux.collapse_memory()
    with contextlib.suppress(BrokenPipeError):  # the worker is gone, and that ends us anyway
        level = isolation.level(namespaces, own_users)
        ForkServer(connection, level, own_users, view, options["read_only"]).serve()
    os._exit(0)


def _separation(
    wanted: isolation.Wanted, namespaces: bool, options: dict[str, Any]
) -> tuple[bool, View | None]:
    """Whether each step is a user of its own, and with namespaces of its own what it sees."""
    code = {sys.prefix, sys.base_prefix, str(Path(__file__).parents[3]), options["read_only"]}
    needed = sorted(filter(None, code))
    covered = options["covered"]
    shown = [path for path in (*options["shown"], options["read_only"]) if path]
    user, group = options["user"], options["group"]
    own_users = False
    if user is not None and wanted != "none":
        seen = View(covered, shown, needed, for_others=True) if namespaces else None
        if not namespaces and os.geteuid() == 0:
            isolation.open_a_way(covered, [*needed, *shown, options["steps"]], group)
        own_users = isolation.can_be_others(user, group, needed, options["steps"], seen)
    view = View(covered, shown, needed, for_others=own_users) if namespaces else None
    return own_users, view


def _fence() -> None:
    """What holds for every step and does not hinder us: forks inherit it, and need not repeat it."""
    os.umask(0o077)
    step.limit(resource.RLIMIT_CORE, 0)
    linux.forbid_new_privileges()
    linux.bound_capabilities(isolation.STEP_CAPABILITIES)
