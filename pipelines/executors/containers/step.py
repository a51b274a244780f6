"""What every container under way has in common: a thread, a log, a directory, and a way to end."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipelines.kinds.contract import StepFailed

from .. import endings
from ..logs import StepLog
from ..masking import Mask
from ..process.workspace import StepDirectory, remove
from ..protocol import Limits, Listener, StepError, StepRequest, StepResult
from .faults import Refused, Unreachable

#: What a step calls when it has ended, with what it could not remove, or nothing.
Ended = Callable[[str], None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Use:
    """What a container used, as far as it is known."""

    cpu_seconds: float | None = None
    memory: int | None = None


class ContainerStep(ABC):
    """Implements RunningStep. Whoever derives from it says how one container is run, in `run`.

    `limits` are the request's own unless others are given; `on_end` is told what could not be removed
    (`left_over`), or nothing.
    """

    #: What precedes the words of a daemon or cluster that refuses.
    refusal: str

    def __init__(
        self,
        request: StepRequest,
        listener: Listener,
        directory: StepDirectory,
        on_end: Ended,
        *,
        name: str,
        limits: Limits | None = None,
    ) -> None:
        self.request = request
        self.limits = limits or request.limits
        self.directory = directory
        self._mask = Mask(secret.value for secret in request.secrets)
        self.log = StepLog(listener, request.limits.log_bytes, self._mask)
        self.use = Use()
        self.left_over = ""
        #: Set when there may be something to look at, such as a wish to cancel.
        self.news = threading.Event()
        self._listener = listener
        self._on_end = on_end
        self._reason: str | None = None
        self._result: StepResult
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> StepResult:
        self._thread.join()
        return self._result

    def cancel(self, reason: str) -> None:
        self._reason = reason
        self.news.set()

    @abstractmethod
    def run(self) -> StepResult:
        """From the image to the outputs. Raises StepFailed, Refused, Unreachable, OSError."""

    def cancelled(self) -> StepError | None:
        """What ends the step when somebody wants it to end."""
        return None if self._reason is None else endings.cancelled(self._reason)

    def note(self, text: str) -> None:
        """A line of our own in the step's log."""
        self._listener.log(f"[penstock] {text}\n")

    def _work(self) -> None:
        try:
            result = self.run()
        except StepFailed as failure:
            error = StepError(failure.kind, failure.message, permanent=failure.permanent)
            result = failed(error)
        except Refused as refused:
            error = StepError("setup", f"{self.refusal}: {refused}", permanent=refused.permanent)
            result = failed(error)
        except Unreachable as lost:
            result = failed(self.cancelled() or StepError("lost", f"the step was lost: {lost}"))
        except OSError as error:
            result = failed(StepError("setup", f"the step could not be started: {error}"))
        except Exception as error:
            # Whatever it is, whoever waits must get an answer.
            logger.exception("a container could not be run")
            result = failed(StepError("setup", f"{type(error).__name__}: {error}"))
        self._result = replace(
            self._mask.result(result),
            cpu_seconds=self.use.cpu_seconds,
            peak_memory=self.use.memory,
            log_truncated=self.log.truncated,
            close=self._close,
        )
        self._on_end(self.left_over)

    def _close(self) -> None:
        try:
            remove(self.directory.path)
        except OSError as error:
            # The next start of a worker tries again; the result is not the worse for it.
            logger.warning("%s cannot be deleted now: %s", self.directory.path, error)


def failed(error: StepError) -> StepResult:
    return StepResult("cancelled" if error.kind == "cancelled" else "failed", error=error)
