"""How containers end, in words that a person understands."""

import re
import signal

from pipelines.core.capacity import bytes_in_words

from .. import endings
from ..protocol import Limits, StepError

_LONGEST_LAST_WORDS = 500
_SIGKILLED = 128 + signal.SIGKILL
#: How runc, and crun after it, tell of a program that cannot be started; daemons wrap it in more.
_NO_PROGRAM = re.compile(
    r"""exec: "(?P<runc>[^"]+)": (?:executable file not found|stat .*: no such file)"""
    r"""|executable file [`'"](?P<crun>[^`'"]+)[`'"] not found"""
)


def not_started(image: str, said: str) -> StepError:
    """Why a container never ran, out of what a daemon or cluster says."""
    found = _NO_PROGRAM.search(said)
    if found is None:
        return StepError("setup", f"the container could not be started: {said}")
    program = found["runc"] or found["crun"]
    message = (
        f"the image `{image}` has no program `{program}`; correct the command, or take an image "
        "that has it"
    )
    return StepError("setup", message, permanent=True)


def signal_of(code: int) -> str:
    """The name of the signal that an exit code tells of; empty for none."""
    return endings.name_of_signal(code - 128) if 128 < code < 160 else ""


def error_of(
    code: int, limits: Limits, *, out_of_memory: bool, last_words: bytes
) -> StepError | None:
    """Why a container failed that nobody stopped, or None when it exited with 0.

    `out_of_memory` is what the daemon or cluster says; `last_words` its last line on standard error.
    """
    if code == 0:
        return None
    if out_of_memory:
        if limits.memory_bytes is None:
            return StepError("memory", "the container was killed: its machine ran out of memory")
        return endings.over_memory(limits)
    if code == _SIGKILLED:
        if limits.memory_bytes is not None:
            # Podman does not always say that the kernel killed it for its memory.
            most = bytes_in_words(limits.memory_bytes)
            why = f"killed, most likely because it used more than {most} of memory"
            return StepError("memory", f"the container was {why}. {endings.LESS_MEMORY}")
        return StepError(
            "signal",
            "the container was killed by SIGKILL, not by Penstock: the machine may have run out "
            "of memory",
        )
    said = last_words.decode("utf-8", "replace").replace("\0", "").strip()[:_LONGEST_LAST_WORDS]
    name = signal_of(code)
    how = f"exit code {code}{f' ({name})' if name else ''}"
    return StepError("exit", f"the container ended with {how}{f': {said}' if said else ''}")
