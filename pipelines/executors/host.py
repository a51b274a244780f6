"""What this machine has for steps: cores, memory, GPUs, as far as this process may use them."""

import os
import re
from pathlib import Path

from pipelines.core.document import parse_size

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")
_NVIDIA = re.compile(r"nvidia(\d+)")


class BadSetting(ValueError):
    """A variable of the worker's environment says something that cannot be. The message is for people."""


def cores() -> float:
    """`PENSTOCK_CPU`, else the cores that this process may use, a container's quota included."""
    given = os.environ.get("PENSTOCK_CPU")
    if given:
        try:
            number = float(given)
        except ValueError:
            number = 0.0
        if not 0 < number <= 4096:
            raise BadSetting(f"PENSTOCK_CPU is `{given}`; give a number of cores, such as 4 or 1.5")
        return number
    usable = float(len(os.sched_getaffinity(0)))
    quota = _quota()
    return min(usable, quota) if quota else usable


def memory() -> int:
    """`PENSTOCK_MEMORY` (`16Gi`), else the machine's memory or a container's limit, in bytes."""
    given = os.environ.get("PENSTOCK_MEMORY")
    if given:
        try:
            return parse_size(given)
        except ValueError as error:
            raise BadSetting(f"PENSTOCK_MEMORY: {error}") from error
    total = 0
    for line in (_PROC / "meminfo").read_text().splitlines():
        if line.startswith("MemTotal:"):
            total = int(line.split()[1]) * 1024
    limits = (_number(path) for path in _memory_limits())
    return min([total, *(limit for limit in limits if limit)])


def gpus() -> tuple[str, ...]:
    """The GPUs for steps, as `CUDA_VISIBLE_DEVICES` names them.

    `PENSTOCK_GPUS` is such a list (`0,1`, or empty for none); without it the devices of the NVIDIA
    driver count, those of the worker's own `CUDA_VISIBLE_DEVICES` where that is set.
    """
    for name in ("PENSTOCK_GPUS", "CUDA_VISIBLE_DEVICES"):
        given = os.environ.get(name)
        if given is not None:
            return tuple(part.strip() for part in given.split(",") if part.strip())
    try:
        names = os.listdir("/dev")
    except OSError:
        return ()
    found = sorted(int(match[1]) for name in names if (match := _NVIDIA.fullmatch(name)))
    return tuple(map(str, found))


def _quota() -> float | None:
    """The cores that a container's quota comes to; version 2 of control groups, then version 1."""
    try:
        quota, period = (_CGROUPS / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    quota_us = _number(_CGROUPS / "cpu" / "cpu.cfs_quota_us")
    period_us = _number(_CGROUPS / "cpu" / "cpu.cfs_period_us")
    return quota_us / period_us if quota_us and period_us else None


def _memory_limits() -> tuple[Path, ...]:
    return _CGROUPS / "memory.max", _CGROUPS / "memory" / "memory.limit_in_bytes"


def _number(path: Path) -> int | None:
    """The positive number in a file; None where there is none, or no such file."""
    try:
        number = int(path.read_text())
    except (OSError, ValueError):
        return None
    return number if number > 0 else None
