"""The docker executor as the worker's environment describes it."""

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from ..protocol import Executor

#: Variables that name the daemon's address, the first one first.
_NAMING = ("PENSTOCK_DOCKER_URL", "DOCKER_HOST")
#: How long an answer to "can the daemon be reached?" holds.
_HOLDS_SECONDS = 10.0

_asking = threading.Lock()
_answers: dict[str, tuple[float, str]] = {}


def make(home: Path, environ: Mapping[str, str]) -> Executor:
    """`PENSTOCK_DOCKER_NETWORK` is the network that containers get; else the daemon's default."""
    from .executor import DockerExecutor

    return DockerExecutor(
        home / "containers",
        url=find_url(os.environ),
        network=os.environ.get("PENSTOCK_DOCKER_NETWORK", ""),
        environ=environ,
    )


def why_unusable() -> str:
    """Why no container can be run here; empty when a daemon answers. Asked often, it asks seldom."""
    url = find_url(os.environ)
    if not url:
        return (
            "no Docker or Podman socket was found; start one, and name it in PENSTOCK_DOCKER_URL "
            "if it is not in its usual place"
        )
    from . import daemon

    with _asking:
        asked_at, answer = _answers.get(url, (float("-inf"), ""))
        if time.monotonic() - asked_at > _HOLDS_SECONDS:
            answer = daemon.why_unusable(url)
            _answers[url] = (time.monotonic(), answer)
        return answer


def find_url(environ: Mapping[str, str]) -> str:
    """Where the daemon listens: `PENSTOCK_DOCKER_URL`, `DOCKER_HOST`, else a socket in its usual
    place. Empty when none is named or found.
    """
    for name in _NAMING:
        if environ.get(name):
            return environ[name]
    for place in _usual_places(environ):
        try:
            if place.is_socket() and os.access(place, os.R_OK | os.W_OK):
                return f"unix://{place}"
        except OSError:
            continue
    return ""


def socket_paths(environ: Mapping[str, str]) -> list[Path]:
    """Every path on which a daemon may listen here."""
    named = [environ.get(name, "") for name in _NAMING]
    sockets = [Path(url.removeprefix("unix://")) for url in named if url.startswith("unix://")]
    return [*sockets, *_usual_places(environ)]


def _usual_places(environ: Mapping[str, str]) -> list[Path]:
    places = [Path("/var/run/docker.sock"), Path("/run/podman/podman.sock")]
    if environ.get("XDG_RUNTIME_DIR"):
        own = Path(environ["XDG_RUNTIME_DIR"])
        places += [own / "docker.sock", own / "podman" / "podman.sock"]
    return places
