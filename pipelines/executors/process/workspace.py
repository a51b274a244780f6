"""The directories that steps work in, and whose they are.

`workdir/<owner>/` belongs to one executor, which holds a lock on it for as long as it lives; the
kernel lets go of the lock when it dies, however it dies, so the next one knows what to delete.
`workdir/<owner>/<number>/` is one step's.
"""

import contextlib
import fcntl
import os
import re
import shutil
import stat
import struct
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from pipelines.core.secrets import Secret

from ..forkserver import wire
from ..protocol import InputFile, Json, StepRequest

_LOCK = ".lock"
_OWNER = "steps-"
_LONGEST_NAME = 120
#: A step's own directory, and what is always in it.
_DIRECTORIES = ("", *(f"/{name}" for name in (wire.WORK, wire.TEMPORARY, wire.ARTIFACTS)))
#: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS and FS_TOPDIR_FL of linux/fs.h, where `long` has 64 bits.
_GET_FLAGS, _SET_FLAGS, _TOP_DIRECTORY = 0x80086601, 0x40086602, 0x00020000


class Workspace:
    def __init__(self, workdir: Path) -> None:
        workdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._workdir = workdir.resolve()
        self._count = 0
        self._counting = threading.Lock()
        self.cache = self._workdir / "cache"
        self.cache.mkdir(mode=0o700, exist_ok=True)
        # One at a time: a directory that is made but not yet locked would look abandoned.
        with (self._workdir / _LOCK).open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            self._sweep()
            self.home = self._workdir / f"{_OWNER}{os.getpid()}-{uuid.uuid4().hex[:8]}"
            self.home.mkdir(mode=0o700)
            _spread(self.home)
            self._lock = os.open(self.home / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def new_step(self) -> "StepDirectory":
        with self._counting:
            self._count += 1
            number = self._count
        return StepDirectory(self.home / f"{number:06d}", number)

    def close(self) -> None:
        remove(self.home)
        os.close(self._lock)

    def _sweep(self) -> None:
        for home in self._workdir.glob(f"{_OWNER}*"):
            try:
                lock = os.open(home / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except FileNotFoundError:
                continue  # its owner is removing it
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its owner lives
            else:
                remove(home)
            finally:
                os.close(lock)


class StepDirectory:
    """One attempt's own place on disk."""

    def __init__(self, path: Path, number: int) -> None:
        self.path = path
        self.number = number
        for name in _DIRECTORIES:
            os.mkdir(f"{path}{name}", 0o700)

    @property
    def artifacts(self) -> Path:
        return self.path / wire.ARTIFACTS

    @property
    def outputs_file(self) -> Path:
        return self.path / wire.OUTPUTS_FILE

    @property
    def error_file(self) -> Path:
        return self.path / wire.ERROR_FILE

    def give_to(self, user: int, group: int) -> None:
        """Make it the step's own, all but the request, which is for its shepherd."""
        for name in (*_DIRECTORIES, f"/{wire.INPUTS_FILE}"):
            os.chown(f"{self.path}{name}", user, group)
        for directory, _, _ in os.walk(f"{self.path}/{wire.INPUTS}"):
            os.chown(directory, user, group)

    def remove(self) -> None:
        """Delete it. Raises OSError when that cannot be."""
        try:
            for name in (wire.REQUEST_FILE, wire.INPUTS_FILE):
                os.unlink(f"{self.path}/{name}")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.path}/{wire.OUTPUTS_FILE}")
            for name in reversed(_DIRECTORIES):
                os.rmdir(f"{self.path}{name}")
        except OSError:  # there is more in it
            remove(self.path)

    def place_inputs(self, request: StepRequest) -> tuple[Json, list[tuple[str, str]]]:
        """What the step finds in PENSTOCK_INPUTS, and the pairs (file, place) for its shepherd.

        Raises FileNotFoundError when an input file is not there.
        """
        pairs: list[tuple[str, str]] = []

        def place(value: Any, *where: str) -> Json:
            if isinstance(value, InputFile):
                target = self._place_for(value, *where)
                source = value.path.resolve()
                if not source.is_file():
                    raise FileNotFoundError(
                        f"the file for `{where[-1]}` is not there: {value.path}"
                    )
                pairs.append((str(source), str(target)))
                name = value.name or target.name
                return {"path": str(target), "type": value.type, "name": name}
            if isinstance(value, list) and any(isinstance(item, InputFile) for item in value):
                return [place(item, *where, str(index)) for index, item in enumerate(value)]
            return value

        inputs = {port: place(value, port) for port, value in request.inputs.items()}
        secrets: dict[str, str] = {}

        def place_param(name: str, value: Any) -> Json:
            if isinstance(value, InputFile):
                return place(value, "-params", name)["path"]  # no port has such a name
            if isinstance(value, Secret):
                return value.value
            if isinstance(value, list) and value and isinstance(value[0], Secret):
                secrets.update({each.name: each.value for each in value})
                return [each.name for each in value]
            return value

        params = {name: place_param(name, value) for name, value in request.params.items()}
        given = {"inputs": inputs, "params": params, "secrets": secrets}
        connections = {name: each.as_json() for name, each in request.connections.items()}
        return {**given, "reach": list(request.reach), "connections": connections}, pairs

    def _place_for(self, file: InputFile, *where: str) -> Path:
        name = re.sub(r"[^\w.\- ]+", "_", Path(file.name or file.path.name).name).strip(". ")
        directory = self.path.joinpath(wire.INPUTS, *where)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return directory / (name[-_LONGEST_NAME:] or "file")


def _spread(path: Path) -> None:
    """Let each directory in this one have a place of its own on the disk (`chattr +T`).

    ext4 does not use an inode again for minutes after its file was deleted, and passes over each
    one of them whenever it makes a new file nearby: after a few thousand steps in one place a new
    file takes half a millisecond. Other file systems do not know the flag, nor need it.
    """
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            flags = struct.unpack("i", fcntl.ioctl(directory, _GET_FLAGS, struct.pack("i", 0)))[0]
            fcntl.ioctl(directory, _SET_FLAGS, struct.pack("i", flags | _TOP_DIRECTORY))
    finally:
        os.close(directory)


def remove(path: Path) -> None:
    """Delete a directory with all that is in it, also directories that a step has locked.

    Killed processes may still be letting go of it, so a first failure is not the last word.
    """
    for pause in (0.01, 0.1, 0.5):
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            if not path.exists():
                return
        except OSError:
            _unlock(path)
            time.sleep(pause)
        else:
            return
    shutil.rmtree(path)


def _unlock(path: Path) -> None:
    for directory, names, _ in os.walk(path):
        for name in names:
            inner = os.path.join(directory, name)
            if not os.path.islink(inner):
                os.chmod(inner, stat.S_IRWXU)
