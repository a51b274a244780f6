"""The daemon that runs containers: where it listens, and what its refusals mean.

Docker's API of version 1.41 or later, which Docker has spoken since 20.10 and Podman since 3.
"""

import os
import socket as sockets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import docker
import requests
import urllib3
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from ..containers.faults import Missing, Refused, Unreachable

#: Of one request that is answered at once. Pulling and following have no limit.
_SECONDS = 30.0
#: A busy machine's Podman may take a few seconds; a worker must not be silent for long meanwhile.
_PROBE_SECONDS = 8.0
#: One connection for each step that is followed, and some for what is asked meanwhile.
_CONNECTIONS = 64


class Daemon:
    """One daemon, asked from many threads. Every method raises Unreachable, most also Refused."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client: Any = None
        self._rootless: bool | None = None
        self._connecting = threading.Lock()

    @property
    def api(self) -> Any:
        """The client of the low-level API, connected when first asked for."""
        with self._connecting:
            if self._client is None:
                with talking(self.url):
                    self._client = docker.APIClient(
                        self.url,
                        version="auto",
                        timeout=_SECONDS,
                        max_pool_size=_CONNECTIONS,
                        **_tls(),
                    )
            return self._client

    def ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of docker-py's APIClient."""
        api = self.api
        with talking(self.url):
            return getattr(api, method)(*arguments, **options)

    def is_rootless(self) -> bool:
        """Whether the daemon runs as an ordinary user, who is root inside of containers."""
        if self._rootless is None:
            told = self.ask("info").get("SecurityOptions") or ()
            self._rootless = any("rootless" in option for option in told)
        return self._rootless

    def has_image(self, image: str) -> bool:
        try:
            self.ask("inspect_image", image)
        except Missing:
            return False
        return True

    def pull(self, image: str) -> Iterator[Mapping[str, Any]]:
        """What the daemon says while it pulls. Ends when the image is there."""
        api = self.api
        repository, tag = _as_pulled(image)
        with talking(self.url):
            for said in api.pull(repository, tag, stream=True, decode=True):
                if said.get("error"):
                    raise Refused(str(said["error"]))
                yield said

    def attach(self, container: str) -> Any:
        """A socket on which both streams of a container that is not started yet will come."""
        return self.ask("attach_socket", container, {"stdout": 1, "stderr": 1, "stream": 1})

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


def why_unusable(url: str) -> str:
    """Why no container can be run there; empty when the daemon answers soon."""
    try:
        with talking(url):
            docker.APIClient(url, version="auto", timeout=_PROBE_SECONDS, **_tls()).close()
    except (Unreachable, Refused) as error:
        return str(error)
    return ""


@contextmanager
def talking(url: str) -> Iterator[None]:
    """Errors of docker-py, requests and sockets as Unreachable, Missing and Refused."""
    try:
        yield
    except (ImageNotFound, NotFound) as error:
        raise Missing(_explained(error)) from error
    except APIError as error:
        raise Refused(_explained(error)) from error
    except requests.exceptions.JSONDecodeError as error:
        raise Refused("the daemon's answer cannot be read") from error
    except (
        DockerException,
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
    ) as error:
        raise Unreachable(f"no Docker or Podman answers at {url} ({_root_of(error)})") from error


def shut(socket: Any) -> None:
    """End an attached stream, also while another thread reads from it."""
    raw = getattr(socket, "_sock", socket)
    with suppress(OSError):  # the other side was quicker
        raw.shutdown(sockets.SHUT_RDWR)
    socket.close()


def _explained(error: Any) -> str:
    return str(error.explanation or error).strip()


def _root_of(error: BaseException) -> str:
    """The innermost cause in its own words: docker-py wraps an errno four times."""
    seen: BaseException = error
    while seen.__context__ is not None:
        seen = seen.__context__
    return str(seen.strerror) if isinstance(seen, OSError) and seen.strerror else str(seen)[:300]


def _as_pulled(image: str) -> tuple[str, str]:
    """Repository and tag as the API wants them; a digest goes in the tag's place."""
    if "@" in image:
        name, _, digest = image.partition("@")
        head, colon, _tag = name.rpartition(":")
        return (head if colon and "/" not in _tag else name), digest
    head, _, tag = image.rpartition(":")
    return head, tag


def _tls() -> dict[str, Any]:
    """As the docker command does it: `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`."""
    if not os.environ.get("DOCKER_TLS_VERIFY"):
        return {}
    directory = Path(os.environ.get("DOCKER_CERT_PATH") or "~/.docker").expanduser()
    return {
        "tls": docker.tls.TLSConfig(
            client_cert=(str(directory / "cert.pem"), str(directory / "key.pem")),
            ca_cert=str(directory / "ca.pem"),
            verify=True,
        )
    }
