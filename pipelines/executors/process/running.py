"""A step under way, as the worker sees it."""

import contextlib
import fcntl
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

from .. import endings, outputs
from ..forkserver import wire
from ..forkserver.wire import Closed, Report
from ..logs import StepLog
from ..masking import Mask
from ..protocol import Listener, StepError, StepRequest, StepResult
from . import words
from .loop import Loop, Timer
from .separation import StepUsers
from .workspace import StepDirectory

logger = logging.getLogger(__name__)

#: A pipe holds this much, so that a burst of log does not make the step wait.
_PIPE_BYTES = 256 * 1024
_READ_BYTES = 256 * 1024
#: Reads of one step that follow each other faster than this are gathered into fewer, larger ones.
_REST = 0.008
#: Seconds after which a shepherd that should have ended its step is killed itself.
_OVERDUE = 15.0
#: Reads after the end; only a process that got away could still be writing by then.
_LAST_READS = 256


class ProcessStep:
    """Implements RunningStep. Methods with `on_` belong to the loop's thread."""

    def __init__(
        self,
        request: StepRequest,
        listener: Listener,
        directory: StepDirectory,
        loop: Loop,
    ) -> None:
        self.number = directory.number
        self.directory = directory
        self._request = request
        self._loop = loop
        #: What no word of the step may show; it is the same for its log, errors and outputs.
        self._mask = Mask(secret.value for secret in request.secrets)
        self._log = StepLog(listener, request.limits.log_bytes, self._mask)
        self._stdout, stdout = _pipe()
        self._stderr, stderr = _pipe()
        self._control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        self._control_ended = False
        #: The step's ends, until they are handed over.
        self.files: tuple[int, ...] = (stdout, stderr, control.detach())
        self._pidfd: int | None = None
        self._open: set[int] = set()
        self._last_read = 0.0
        #: The last read took all that a pipe holds: resting would only make the step wait.
        self._flooded = False
        self._resting = False
        self._overdue: Timer | None = None
        self._reason = ""
        self._cancelling = False
        self._report: Report | None = None
        self._error: StepError | None = None
        self._finished = False
        self._ended = threading.Event()
        self._result: StepResult | None = None
        self._collecting = threading.Lock()
        #: Set when the step is a user of its own.
        self.user: int | None = None
        self._users: StepUsers | None = None
        self.on_end: Callable[[], None] = lambda: None
        #: Called when the shepherd vanished: asks its fork server to clear up what is left.
        self.on_lost: Callable[[ProcessStep], None] = lambda step: None

    def wait(self) -> StepResult:
        self._ended.wait()
        with self._collecting:
            if self._result is None:
                self._result = self._mask.result(self._collect())
            return self._result

    def cancel(self, reason: str) -> None:
        self._loop.call(lambda: self.on_cancel(reason))

    def give_to(self, user: int, users: StepUsers, *, alone: bool) -> None:
        """Let the step be this user; one that it has `alone` is free when its directory is gone."""
        self.user = user
        self._users = users if alone else None
        self.directory.give_to(user, users.group)
        for descriptor in self.files[:2]:
            os.fchown(descriptor, user, users.group)  # so that /dev/stdout can be opened anew

    def on_handed_over(self) -> None:
        """The fork server has the step's ends; from here on it may begin at any moment."""
        wire.close_all(self.files)
        self.files = ()
        for descriptor in (self._stdout, self._stderr):
            self._watch(descriptor, self._on_output)
        self._watch(self._control.fileno(), self._on_control)

    def on_forked(self, pidfd: int) -> None:
        """The shepherd has the step; `pidfd` tells when the shepherd ends."""
        if self._finished:
            os.close(pidfd)  # it was quicker than the news of its start
            return
        self._pidfd = pidfd
        if self._control_ended:
            self._watch(pidfd, self._on_shepherd_gone)
            return
        if self._cancelling:
            self._tell_cancel()
        if self._request.limits.seconds is not None:
            self._overdue = self._loop.after(
                self._request.limits.seconds + _OVERDUE, self._on_overdue
            )

    def on_cancel(self, reason: str) -> None:
        if self._finished or self._cancelling:
            return
        self._reason, self._cancelling = reason, True
        if self.files:
            self.on_failed(endings.cancelled(reason))  # it has not begun, and now never will
        elif self._pidfd is not None:
            self._tell_cancel()

    def on_abandon(self, reason: str) -> None:
        """End the step at once, without giving it time to tidy up."""
        self.on_cancel(reason)
        if not self._finished:
            self._control.shutdown(socket.SHUT_WR)

    def on_failed(self, error: StepError) -> None:
        """The step never ran, or nobody is left who could say how it ended."""
        if not self._finished:
            self._error = error
            self._on_finished()

    def on_swept(self) -> None:
        """Whatever the vanished shepherd left behind is gone."""
        self.on_failed(endings.cancelled(self._reason) if self._cancelling else words.LOST)

    def _tell_cancel(self) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it is ending anyway
            wire.send(self._control, {"cancel": True})
        if self._overdue is not None:
            self._overdue.cancel()
        self._overdue = self._loop.after(_OVERDUE, self._on_overdue)

    def _on_overdue(self) -> None:
        """The shepherd is stuck, or was stopped: take it out, and all its step with it."""
        if self._pidfd is not None and not self._finished:
            logger.error("the shepherd of step %s does not answer and is killed", self.number)
            _kill(self._pidfd)

    def _on_control(self) -> None:
        try:
            message, _ = wire.receive(self._control)
        except Closed:
            self._unwatch(self._control.fileno())
            self._control_ended = True
            if self._pidfd is not None:
                self._watch(self._pidfd, self._on_shepherd_gone)
            return
        self._report = Report(**message)
        self._on_finished()

    def _on_shepherd_gone(self) -> None:
        if self._pidfd is not None:
            self._unwatch(self._pidfd)
        self.on_lost(self)

    def _on_output(self) -> None:
        """Read both streams, so that their order is kept as well as two pipes allow."""
        if self._loop.now() - self._last_read < _REST and not self._flooded:
            self._resting = True
            for descriptor in {self._stdout, self._stderr} & self._open:
                self._loop.unwatch(descriptor)
            self._loop.after(_REST, self._on_rested)
            return
        self._read_output()

    def _on_rested(self) -> None:
        self._resting = False
        if self._finished:
            return
        for descriptor in {self._stdout, self._stderr} & self._open:
            self._loop.watch(descriptor, self._on_output)
        self._read_output()

    def _read_output(self) -> int:
        """Pass on what both pipes hold now; the number of bytes."""
        self._last_read = self._loop.now()
        count = self._read(self._stdout, self._log.feed_stdout) + self._read(
            self._stderr, self._log.feed_stderr
        )
        self._flooded = count >= _PIPE_BYTES
        return count

    def _read(self, descriptor: int, feed: Callable[[bytes], None]) -> int:
        if descriptor not in self._open:
            return 0
        try:
            data = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return 0
        if data:
            feed(data)
        else:
            self._unwatch(descriptor)
        return len(data)

    def _on_finished(self) -> None:
        for _ in range(_LAST_READS):
            if not self._read_output():
                break
        self._log.close()
        self._finished = True
        for descriptor in tuple(self._open):
            self._unwatch(descriptor)
        if self._overdue is not None:
            self._overdue.cancel()
        os.close(self._stdout)
        os.close(self._stderr)
        self._control.close()
        wire.close_all(self.files)
        self.files = ()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        self.on_end()
        self._ended.set()

    def _watch(self, descriptor: int, callback: Callable[[], None]) -> None:
        self._open.add(descriptor)
        self._loop.watch(descriptor, callback)

    def _unwatch(self, descriptor: int) -> None:
        self._open.discard(descriptor)
        if not (self._resting and descriptor in (self._stdout, self._stderr)):
            self._loop.unwatch(descriptor)

    def _collect(self) -> StepResult:
        """From how it ended to what that means; reads the outputs. In the waiter's thread."""
        report = self._report
        if self.user is not None and self._users is not None:
            self._users.share_what_is_left_by(self.user)
        if report is None:
            return self._failed(self._error or words.LOST)
        limits = self._request.limits
        error = words.error_of(report, self.directory.error_file, limits, self._reason)
        if error is not None:
            return self._failed(error, report)
        ports = {port["name"]: port["type"] for port in self._request.spec.get("outputs") or ()}
        directory = self.directory
        try:
            found = outputs.read(
                directory.outputs_file, directory.artifacts, ports, limits.output_bytes
            )
        except (outputs.BadOutput, OSError) as problem:
            return self._failed(StepError("output", str(problem)), report)
        return replace(self._ran("success", report), outputs=found)

    def _failed(self, error: StepError, report: Report | None = None) -> StepResult:
        outcome = "cancelled" if error.kind == "cancelled" else "failed"
        if report is None:
            report = Report(None)
        return replace(self._ran(outcome, report), error=error)

    def _ran(self, outcome: str, report: Report) -> StepResult:
        status = report.status
        return StepResult(
            outcome=outcome,  # type: ignore[arg-type]
            exit_code=(
                os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None
            ),
            signal=words.signal_name(report),
            cpu_seconds=report.cpu_seconds if status is not None else None,
            peak_memory=report.peak_memory if status is not None else None,
            log_truncated=self._log.truncated,
            close=self._close,
        )

    def _close(self) -> None:
        try:
            self.directory.remove()
        except OSError as error:
            # The next start of a worker deletes it; the step's result is not the worse for it.
            logger.warning("%s cannot be deleted now: %s", self.directory.path, error)
            return  # with its user, which must not become another step's
        if self.user is not None and self._users is not None:
            self._users.give_back(self.user)
            self._users = None


def _pipe() -> tuple[int, int]:
    reading, writing = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(reading, False)
    with contextlib.suppress(PermissionError):  # the user's share of pipe memory is used up
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return reading, writing


def _kill(pidfd: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
