"""What a step sees of the file system, in a mount namespace of its own.

The data directory is covered: of it a step sees its own directory and what is `shown`. A step with a
user of its own must also reach what it runs on, even inside of a directory that is closed to others,
such as root's home: then that is covered as well, and of it only what is `needed` can be seen.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from . import linux

#: Nothing is written there but names.
_COVER = "mode=0755,size=1m"
_FLAGS = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_NOSUID | linux.MS_NODEV


class View:
    """`apply` once, as the first process of the namespace; then `open` and `close` for each step."""

    def __init__(
        self, covered: str, shown: Sequence[str], needed: Sequence[str], *, for_others: bool
    ) -> None:
        self._covered = os.path.realpath(covered) if covered else ""
        self._shown = [os.path.realpath(path) for path in shown if os.path.exists(path)]
        self._needed = [os.path.realpath(path) for path in needed if os.path.exists(path)]
        self._for_others = for_others
        #: Where what lies below a covered directory can still be reached by us.
        self._behind: dict[str, int] = {}

    def apply(self) -> None:
        if self._for_others:
            wanted = [*self._needed, *filter(None, [self._covered])]
            for closed in sorted({found for path in wanted if (found := _closed_above(path))}):
                self._cover(closed, [path for path in wanted if _is_below(path, closed)])
        if self._covered:
            self._cover(self._covered, [path for path in self._shown if self.hides(path)])
            self._lock()

    def hides(self, path: str) -> bool:
        return bool(self._covered) and _is_below(path, self._covered)

    def behind(self, path: str) -> str:
        """How we reach a path that the view may have covered."""
        for covered, descriptor in reversed(self._behind.items()):
            if _is_below(path, covered):
                return f"/proc/self/fd/{descriptor}/{os.path.relpath(path, covered)}"
        return path

    def open(self, directory: str) -> None:
        """Let the step's directory be seen."""
        if self.hides(directory):
            with self._unlocked(), _names_for_all():
                os.makedirs(directory, exist_ok=True)
            linux.mount(self.behind(directory), directory, None, linux.MS_BIND)

    def close(self, directory: str) -> None:
        if self.hides(directory):
            linux.unmount(directory)
            with self._unlocked():
                os.rmdir(directory)

    def _lock(self) -> None:
        """Else a step that is the same user as we are could leave names for the next one."""
        linux.mount(None, self._covered, None, _FLAGS | linux.MS_RDONLY)

    @contextmanager
    def _unlocked(self) -> Iterator[None]:
        linux.mount(None, self._covered, None, _FLAGS)
        try:
            yield
        finally:
            self._lock()

    def _cover(self, directory: str, kept: Iterable[str]) -> None:
        descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        found = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in kept]
        self._behind[directory] = descriptor
        linux.mount("tmpfs", directory, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, _COVER)
        for path, opened in found:
            with _names_for_all():
                if stat.S_ISDIR(os.fstat(opened).st_mode):
                    os.makedirs(path, exist_ok=True)
                else:
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o444))
            linux.mount(f"/proc/self/fd/{opened}", path, None, linux.MS_BIND | linux.MS_REC)
            os.close(opened)


def _closed_above(path: str) -> str:
    """The topmost directory above `path` through which others may not pass; empty for none."""
    for end in _ends(path):
        if not os.stat(path[:end] or "/").st_mode & stat.S_IXOTH:
            return path[:end]
    return ""


def _ends(path: str) -> Iterator[int]:
    """The ends of the names of all directories above a path, the topmost first."""
    end = path.find("/", 1)
    while end > 0:
        yield end
        end = path.find("/", end + 1)


def _is_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory + "/")


@contextmanager
def _names_for_all() -> Iterator[None]:
    """Directories that others may pass through."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)
