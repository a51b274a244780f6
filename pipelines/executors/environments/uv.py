"""What uv does for us: choosing versions, and installing what was chosen."""

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from . import locks
from .locks import Lock

Log = Callable[[str], None]

#: A build that takes longer hangs.
BUILD_SECONDS = 3600.0
_ROOT = Path(__file__).resolve().parents[3]
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from pipelines.executors.environments.guard import main; "
    "main(int(sys.argv[2]), sys.argv[3:])"
)
#: What uv and the builds of packages see of the worker's variables; `UV_…` besides.
_PASSED = frozenset(
    {
        "ALL_PROXY", "CC", "CFLAGS", "CXX", "CXXFLAGS", "HOME", "HTTPS_PROXY", "HTTP_PROXY",
        "LDFLAGS", "LD_LIBRARY_PATH", "NETRC", "NO_PROXY", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE",
        "TMPDIR",
    }
)  # fmt: skip
#: These would make uv install into something else than what we name.
_KEPT_OUT = frozenset({"UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_PROJECT_ENVIRONMENT", "UV_OUTPUT_FILE"})
#: pip's name of a setting -> uv's. Who has set up pip on a worker need not say it again.
_OF_PIP = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_TRUSTED_HOST": "UV_INSECURE_HOST",
    "PIP_CERT": "SSL_CERT_FILE",
}
_NETWORK = re.compile(
    r"error sending request|dns error|tcp connect error|connection (?:refused|reset|closed)"
    r"|timed out|server error \(5\d\d|\b429 too many requests|network is unreachable"
    r"|error decoding response body",
    re.IGNORECASE,
)
#: Names the directory that is renamed when the environment is complete.
_NOISE = "Using Python "
_LAST_LINES = 12
_LONGEST_MESSAGE = 4000


#: What uv says about every conflict, around what it says about this one.
_UNSOLVED = re.compile(
    r"No solution found when resolving dependencies:?\s*(?:cause:|╰─▶)?\s*"
    r"(?:Because (?P<one>(?:(?!we can conclude).)*), we can conclude that your requirements are unsatisfiable)?",
    re.DOTALL,
)


class BuildFailed(Exception):
    """An environment could not be made. `network`: the same may work in a minute.

    `in_short` leaves out what uv has said in the log already.
    """

    def __init__(self, message: str, *, network: bool = False, in_short: str = "") -> None:
        super().__init__(message)
        self.network = network
        self.in_short = in_short or message


@dataclass(frozen=True)
class _Deed:
    """What uv is asked to do: how one says that it failed, and what helps then."""

    failing: str
    way_out: str


_CHOOSING = _Deed(
    "no versions could be chosen for the requirements",
    "Correct the component's requirements, or let the workers look in an index that has the packages "
    "(UV_DEFAULT_INDEX, UV_INDEX)",
)
_MAKING = _Deed("the environment could not be made", "Look at the disk of the worker")
_INSTALLING = _Deed(
    "the packages could not be installed",
    "Require versions that come as wheels, or install on the workers what building these needs; "
    "where a file has changed since its version was chosen, choose the versions anew",
)
_AWAY = "Look whether the worker reaches its package index (UV_DEFAULT_INDEX, proxies)"


class Stopped(Exception):
    """The build was given up because the worker ends."""


class Uv:
    """Runs uv in `home`, where it also keeps its cache. `environ` is the worker's environment."""

    def __init__(self, home: Path, environ: Mapping[str, str] | None = None) -> None:
        self.home = home
        given = os.environ if environ is None else environ
        #: Ours to clear, unless the operator has put uv's cache elsewhere.
        self.cache = None if given.get("UV_CACHE_DIR") else home / "cache"
        self._environ = _environ(given, self.cache)
        #: The one setting of pip for which uv has no variable.
        no_index = given.get("PIP_NO_INDEX", "").lower() in ("1", "true", "yes", "on")
        self._index = ["--no-index"] if no_index else []
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def lock(self, requirements: Sequence[str], log: Log) -> Lock:
        """Choose versions for these requirements and all that they need, with hashes.

        Where the requirements leave it open, the version that Penstock itself runs with is taken.
        Raises BuildFailed, Stopped.
        """
        with tempfile.TemporaryDirectory(prefix=".resolving-", dir=self.home) as place:
            wanted, chosen = Path(place, "requirements.in"), Path(place, "requirements.txt")
            wanted.write_text("\n".join(requirements) + "\n", encoding="utf-8")
            # uv prefers what already stands in its output file.
            chosen.write_text(
                "".join(f"{name}=={version}\n" for name, version in locks.installed().items())
            )
            self._run(
                _CHOOSING,
                "pip", "compile", str(wanted), "--output-file", str(chosen), "--generate-hashes",
                "--no-header", "--no-annotate", "--python", sys.executable, "--quiet",
                *self._index,
                log=log,
            )  # fmt: skip
            lock = Lock(locks.header() + chosen.read_text(encoding="utf-8"))
        log(f"Chose {_count(lock)}.\n")
        return lock

    def install(self, lock: Lock, place: Path, log: Log) -> None:
        """Make an environment at `place` with exactly what the lock names.

        Raises BuildFailed, Stopped.
        """
        self._run(
            _MAKING,
            "venv", str(place), "--python", sys.executable, "--no-project", "--relocatable",
            "--quiet",
            log=log,
        )  # fmt: skip
        file = place / "penstock.lock"
        file.write_text(lock.text, encoding="utf-8")
        self._run(
            _INSTALLING,
            "pip", "sync", str(file), "--require-hashes", "--python", str(place / "bin" / "python"),
            "--compile-bytecode", *self._index,
            log=log,
        )  # fmt: skip

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.terminate()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def _run(self, deed: _Deed, *arguments: str, log: Log) -> None:
        boot = [sys.executable, "-I", "-X", "utf8", "-c", _BOOT, str(_ROOT), str(os.getpid())]
        with self._lock:
            if self._stopped:
                raise Stopped
            process = subprocess.Popen(
                [*boot, find_uv_bin(), *arguments, "--color", "never", "--no-python-downloads"],
                env=self._environ,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
        overdue = threading.Timer(BUILD_SECONDS, process.terminate)
        overdue.daemon = True
        overdue.start()
        lines: list[str] = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if not line.startswith(_NOISE):
                    log(line)
                lines = [*lines[-200:], line.rstrip()]
            code = process.wait()
        finally:
            with self._lock:
                self._running.discard(process)
            if process.stdout is not None:
                process.stdout.close()
            late = not overdue.is_alive()
            overdue.cancel()
        if self._stopped:
            raise Stopped
        if late:
            minutes = f"{BUILD_SECONDS / 60:g} minutes"
            raise BuildFailed(f"{deed.failing}: it took longer than {minutes}. {deed.way_out}")
        if code:
            raise _failure(deed, lines, code)


def _failure(deed: _Deed, lines: list[str], code: int) -> BuildFailed:
    """uv's own words, from its last `error:` on, else its last lines, and the way out."""
    begin = max((n for n, line in enumerate(lines) if line.startswith("error:")), default=None)
    told = lines[-_LAST_LINES:] if begin is None else lines[begin:]
    text = "\n".join(told).removeprefix("error:").strip() or f"uv ended with exit code {code}"
    if len(text) > _LONGEST_MESSAGE:
        text = f"{text[: _LONGEST_MESSAGE // 2]}\n…\n{text[-_LONGEST_MESSAGE // 2 :]}"
    text = _UNSOLVED.sub(lambda found: found["one"] or "", text)
    network = _NETWORK.search(text) is not None
    way_out = _AWAY if network else deed.way_out
    return BuildFailed(
        f"{deed.failing}: {text.rstrip('.')}. {way_out}",
        network=network,
        in_short=f"{deed.failing[0].upper()}{deed.failing[1:]}. {way_out}.",
    )


def _environ(given: Mapping[str, str], cache: Path | None) -> dict[str, str]:
    """Nothing of the worker's own secrets: the build of a package is somebody else's code."""
    passed = {
        name: value
        for name, value in given.items()
        if (name.upper() in _PASSED or name.startswith("UV_")) and name not in _KEPT_OUT
    }
    for theirs, ours in _OF_PIP.items():
        value = given.get(theirs, "").strip()
        if ours == "UV_FIND_LINKS":
            # pip separates them by spaces, and passes over directories that are not there.
            places = [p for p in value.split() if "://" in p or Path(p).exists()]
            value = ",".join(places)
        if value and ours not in given:
            passed[ours] = value
    if cache is not None:
        passed["UV_CACHE_DIR"] = str(cache)
    # Linked to the cache, what a step does to its environment would be done to all later ones.
    passed.setdefault("UV_LINK_MODE", "copy")
    return {**passed, "LANG": "C.UTF-8", "VIRTUAL_ENV": ""}


def _count(lock: Lock) -> str:
    number = len(lock.packages)
    return f"{number} package{'s' if number != 1 else ''}"
