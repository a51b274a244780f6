"""How attempts end, in words that are the same whichever executor ran them."""

import signal

from pipelines.core.capacity import bytes_in_words

from .protocol import Limits, StepError, StepResult

#: The way out of an end by memory.
LESS_MEMORY = "Raise `resources.memory` of the node, or work on less"


class NeverStarted:
    """A RunningStep that could not even be prepared."""

    def __init__(self, message: str) -> None:
        error = StepError("setup", f"the step could not be started: {message}")
        self._result = StepResult(outcome="failed", error=error)

    def wait(self) -> StepResult:
        return self._result

    def cancel(self, reason: str) -> None:
        """There is nothing to kill."""


def cancelled(reason: str) -> StepError:
    return StepError("cancelled", reason or "the step was cancelled")


def exited(code: int) -> StepError:
    return StepError("exit", f"the step ended with exit code {code}")


def over_time(limits: Limits) -> StepError:
    return StepError("timeout", f"the step took longer than {limits.seconds:g}s")


def over_memory(limits: Limits, used: int | None = None) -> StepError:
    """`used` is what it had when it was ended, where that is known."""
    allowed = bytes_in_words(limits.memory_bytes or 0)
    what = (
        f"the step used {bytes_in_words(used)} of memory; its limit is {allowed}"
        if used and used > (limits.memory_bytes or 0)
        else f"the step used more than {allowed} of memory"
    )
    return StepError("memory", f"{what}. {LESS_MEMORY}")


def over_output(limits: Limits) -> StepError:
    allowed = bytes_in_words(limits.output_bytes)
    return StepError("output", f"the step wrote more than {allowed} of files")


def name_of_signal(number: int) -> str:
    """`SIGSEGV` and the like."""
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
