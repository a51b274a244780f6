"""The loop that watches the children: passes on what they print, restarts the dead, stops all."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType

from . import processes
from .console import Console
from .services import ROOT, Service

#: Waiting times between restarts of a child that keeps dying; the last one repeats.
_BACKOFF = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
#: A child that lived this long starts again at the shortest waiting time.
_SETTLED_SECONDS = 60.0
#: SIGTERM first, SIGKILL after these seconds; together well under five.
_STOP_SECONDS = 2.5
_STOP_REDIS_SECONDS = 1.0
_LONGEST_LINE = 64 * 1024
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Child:
    """One service and the process that runs it at the moment, if any."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    restart_at: float | None = None
    once: bool = False
    exit_code: int | None = None
    unfinished_line: bytes = b""


@dataclass
class Supervisor:
    """Owns the children. `changed` hears of every start and end of one."""

    console: Console
    env: Mapping[str, str]
    changed: Callable[[dict[str, int]], None] = lambda pids: None
    stop_requested: str = ""
    _children: dict[str, Child] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _impatient: bool = False

    def __post_init__(self) -> None:
        processes.adopt_orphans()
        self._wake, waker = socket.socketpair()
        self._wake.setblocking(False)
        waker.setblocking(False)
        self._waker = waker  # kept alive: the signal module only knows its number
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in _STOP_SIGNALS:
            signal.signal(number, self._asked_to_stop)
        self._selector.register(self._wake, selectors.EVENT_READ, self._drain_wake)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._impatient = bool(self.stop_requested)
        self.stop_requested = signal.Signals(number).name

    def _drain_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake.recv(4096):
                pass

    # -- children

    def start(self, service: Service) -> None:
        """Start a service and keep it running from now on."""
        child = self._children.setdefault(service.name, Child(service))
        self._launch(child)

    def pids(self) -> dict[str, int]:
        return {name: child.process.pid for name, child in self._children.items() if child.process}

    def deaths(self, name: str) -> int:
        """How often a service has died since it last ran for a while."""
        child = self._children.get(name)
        return child.deaths if child else 0

    def run_once(self, service: Service, seconds: float) -> int | None:
        """Run a command to its end; its exit code, or None if a signal or the time ended it."""
        child = self._children[service.name] = Child(service, once=True)
        self._launch(child)
        until = time.monotonic() + seconds
        while child.process and not self.stop_requested and time.monotonic() < until:
            self.tick(0.5)
        if child.process:
            self._end([service.name], 0)
            child.exit_code = None
        del self._children[service.name]
        return child.exit_code

    def _launch(self, child: Child) -> None:
        process = processes.spawn(
            child.service.argv,
            {**self.env, **child.service.env},
            ROOT,
            stdout=subprocess.PIPE,
            pass_fds=child.service.pass_fds,
        )
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        child.process = process
        child.started_at = time.monotonic()
        child.restart_at = None
        self._selector.register(
            process.stdout, selectors.EVENT_READ, lambda: self._pass_on(child, process)
        )
        self.changed(self.pids())

    def _pass_on(self, child: Child, process: subprocess.Popen[bytes]) -> bool:
        """Print what a child wrote, whole lines only. False once there is nothing to read."""
        assert process.stdout is not None
        try:
            data = os.read(process.stdout.fileno(), _LONGEST_LINE)
        except BlockingIOError:
            return False
        if not data:
            self._close_output(child, process)
            return False
        *lines, rest = (child.unfinished_line + data).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            lines.append(rest)
            rest = b""
        child.unfinished_line = rest
        for line in lines:
            self._print(child, line)
        return True

    def _print(self, child: Child, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        if child.once:
            self.console.say(text)
        elif text.strip():
            self.console.line(child.service.name, text)

    def _close_output(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        stream = process.stdout
        assert stream is not None
        if not stream.closed and stream in self._selector.get_map():
            self._selector.unregister(stream)
        stream.close()
        if child.unfinished_line:
            self._print(child, child.unfinished_line)
            child.unfinished_line = b""

    # -- the loop

    def tick(self, longest: float = 30.0) -> None:
        """Wait for something to happen, at most `longest` seconds, and deal with it."""
        due = [child.restart_at for child in self._children.values() if child.restart_at]
        self._wait(min([longest, *(moment - time.monotonic() for moment in due)]))
        self._reap()
        now = time.monotonic()
        for child in self._children.values():
            if child.restart_at and child.restart_at <= now and not self.stop_requested:
                self._launch(child)

    def watch(self, stream: socket.socket, callback: Callable[[], None]) -> None:
        """Call `callback` once, as soon as there is something to read."""

        def once() -> None:
            self._selector.unregister(stream)
            callback()

        self._selector.register(stream, selectors.EVENT_READ, once)

    def _wait(self, seconds: float) -> None:
        for key, _ in self._selector.select(max(0.0, seconds)):
            key.data()

    def _reap(self) -> None:
        for pid, code in processes.reap():
            for child in self._children.values():
                if child.process and child.process.pid == pid:
                    self._died(child, code)

    def _died(self, child: Child, code: int) -> None:
        process = child.process
        assert process is not None
        process.returncode = code
        child.process = None
        child.exit_code = code
        if process.stdout and not process.stdout.closed:
            while self._pass_on(child, process):
                pass
            if not process.stdout.closed:
                self._close_output(child, process)
        self._kill_orphans()
        self.changed(self.pids())
        if self.stop_requested or child.once:
            return
        if time.monotonic() - child.started_at >= _SETTLED_SECONDS:
            child.deaths = 0
        pause = _BACKOFF[min(child.deaths, len(_BACKOFF) - 1)]
        child.deaths += 1
        child.restart_at = time.monotonic() + pause
        self.console.line(
            "penstock",
            f"{child.service.name} ended ({processes.describe_exit(code)}); "
            f"starting it again in {pause:g} s",
        )

    def _kill_orphans(self) -> bool:
        """Kill adopted children: what a dead child had started. True if there were any."""
        orphans = processes.children() - set(self.pids().values())
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(orphans)

    # -- the end

    def stop(self) -> None:
        """End every child and everything that they started: asked first, then killed."""
        self.stop_requested = self.stop_requested or "stop"
        apps = [name for name in self.pids() if name != "redis"]
        self._end(apps, _STOP_SECONDS)
        self._end(["redis"], _STOP_REDIS_SECONDS)
        until = time.monotonic() + 1.0
        while self._kill_orphans() and time.monotonic() < until:
            self._wait(0.02)
            self._reap()
        self.changed({})

    def _end(self, names: list[str], seconds: float) -> None:
        """Ask these children to end, and kill those that have not after `seconds`."""
        for pid in self._pids_of(names):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + seconds
        while self._pids_of(names) and time.monotonic() < until and not self._impatient:
            self._wait(0.1)
            self._reap()
        for pid in self._pids_of(names):
            processes.signal_group(pid, signal.SIGKILL)
        until = time.monotonic() + 1.0
        while self._pids_of(names) and time.monotonic() < until:
            self._wait(0.05)
            self._reap()

    def _pids_of(self, names: list[str]) -> list[int]:
        return [pid for name, pid in self.pids().items() if name in names]
