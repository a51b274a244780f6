"""The Linux system calls that Python has no name for, through the C library.

Every function raises OSError when the kernel refuses.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Iterable

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
_MNT_DETACH = 2

CAP_CHOWN = 0
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAP_FOWNER = 3
CAP_FSETID = 4
CAP_KILL = 5
CAP_SETGID = 6
CAP_SETUID = 7
CAP_NET_BIND_SERVICE = 10
_LAST_CAP = 63

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_MADV_COLLAPSE = 25
_HUGE = 2 * 1024**2

_libc = ctypes.CDLL(None, use_errno=True)
_ulong = ctypes.c_ulong
_zero = _ulong(0)


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def is_linux() -> bool:
    return sys.platform == "linux"


def _checked(result: int, call: str, number: int | str = "") -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{call} {number}".rstrip() + f": {os.strerror(error)}")


def _prctl(option: int, argument: int = 0) -> None:
    _checked(_libc.prctl(option, _ulong(argument), _zero, _zero, _zero), "prctl", option)


def die_with_parent(number: signal.Signals, parent: int) -> None:
    """Be sent `number` when the parent dies; leave at once if it is already gone.

    The kernel means the parent *thread*: the caller's parent must have forked from a thread that
    lives as long as the parent does.
    """
    _prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def set_name(name: str) -> None:
    """What `ps` and `top` call this process; the kernel keeps 15 bytes."""
    _checked(_libc.prctl(_PR_SET_NAME, name.encode()[:15], _zero, _zero, _zero), "prctl", name)


def become(user: int, group: int) -> None:
    """Be this user and no other, for ever and with no capability; our own /proc stays ours."""
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    _prctl(_PR_SET_DUMPABLE, 1)


def forbid_new_privileges() -> None:
    """From here on no program that this process starts gains anything by setuid."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def collapse_memory() -> None:
    """Put this process's own memory into huge pages, where the kernel has them: madvise(2).

    A fork copies, and an exit takes apart, an entry for each page. What a fork writes to is still
    copied in small pages.
    """
    with open("/proc/self/maps") as maps:
        areas = [line.split() for line in maps]
    for area, rights, _, _, inode, *_ in areas:
        if rights != "rw-p" or inode != "0":
            continue
        first, last = (int(address, 16) for address in area.split("-"))
        for address in range(-(-first // _HUGE) * _HUGE, last - _HUGE + 1, _HUGE):
            # Refused where nothing has been written yet, and by a kernel without this.
            _libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(_HUGE), _MADV_COLLAPSE)


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, flags: int) -> None:
    _checked(_libc.setns(descriptor, flags), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    _checked(
        _libc.mount(
            source.encode() if source else None,
            os.fsencode(target),
            kind.encode() if kind else None,
            _ulong(flags),
            data.encode() or None,
        ),
        f"mount on {target}",
    )


def unmount(target: str) -> None:
    _checked(_libc.umount2(os.fsencode(target), _MNT_DETACH), f"umount of {target}")


def bound_capabilities(kept: Iterable[int]) -> None:
    """No program that this process or its children start ever has a capability not in `kept`."""
    mask = _mask(kept)
    for number in range(_LAST_CAP + 1):
        if not mask >> number & 1:
            result = _libc.prctl(_PR_CAPBSET_DROP, _ulong(number), _zero, _zero, _zero)
            if result != 0:
                break  # past the last capability of this kernel, or CAP_SETPCAP is not ours
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)


class Capabilities:
    """Those of `kept` that the calling process has; made ahead, for forks of it to keep alone."""

    def __init__(self, kept: Iterable[int]) -> None:
        self._header = _CapHeader(_CAPABILITY_VERSION_3, 0)
        self._data = (_CapData * 2)()
        _checked(_libc.capget(ctypes.byref(self._header), self._data), "capget")
        left = (self._data[0].permitted | self._data[1].permitted << 32) & _mask(kept)
        for word in (0, 1):
            part = left >> 32 * word & 0xFFFFFFFF
            self._data[word].effective = self._data[word].permitted = part
            self._data[word].inheritable = 0

    def keep(self) -> None:
        """Give up every other capability, for this process and all it starts."""
        _checked(_libc.capset(ctypes.byref(self._header), self._data), "capset")


def _mask(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)
