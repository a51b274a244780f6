"""Looking at processes from outside."""

import os
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process still runs; one that nobody has waited for yet has ended too."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def descendants(root: int) -> set[int]:
    """All that a process has started, and what those have started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            found.add(child)
            waiting.append(child)
    return found


def holders(root: int, path: Path) -> list[int]:
    """The processes below `root` that have a file open."""
    found = []
    for pid in descendants(root):
        try:
            links = [os.readlink(handle) for handle in Path(f"/proc/{pid}/fd").iterdir()]
        except OSError:
            continue
        if str(path) in links:
            found.append(pid)
    return found
