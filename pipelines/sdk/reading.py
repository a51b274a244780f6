"""Getting a file to read: from a local path, an upload, or a URL."""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .errors import Failure

MAX_BYTES = 2 * 1024**3
_TIMEOUT_SECONDS = 60.0


def fetch(
    location: str, *, max_bytes: int = MAX_BYTES, headers: dict[str, str] | None = None
) -> Path:
    """A local file with what is at `location`: a path, or an http(s) URL to be downloaded.

    Raises Failure, saying what to do, when nothing is there, the server refuses, or the file is
    larger than `max_bytes`.
    """
    location = location.strip()
    if not location:
        raise Failure("No file was given; upload one, or write a path or a URL.")
    if re.match(r"^https?://", location, re.IGNORECASE):
        return _download(location, max_bytes, headers or {})
    if re.match(r"^[a-z][a-z0-9+.-]*://", location, re.IGNORECASE):
        scheme = location.partition("://")[0]
        raise Failure(f"`{scheme}://` cannot be read here; use a path, http:// or https://.")
    path = Path(location).expanduser()
    if path.is_dir():
        raise Failure(f"`{location}` is a folder; name a file in it.")
    if not path.exists():
        raise Failure(
            f"There is no file `{location}` on the machine that runs this step; "
            "upload the file instead, or correct the path."
        )
    if not os.access(path, os.R_OK):
        raise Failure(f"The file `{location}` may not be read by the worker.")
    return path


def is_gzip(path: Path) -> bool:
    """By the content, because an uploaded file is stored under its digest, without its name."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _download(url: str, max_bytes: int, headers: dict[str, str]) -> Path:
    import httpx

    from . import outgoing

    name = Path(unquote(urlsplit(url).path)).name or "download"
    target = Path.cwd() / "downloads" / re.sub(r"[^\w.\-]+", "_", name)
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        with (
            outgoing.client(timeout=_TIMEOUT_SECONDS, headers=headers) as client,
            client.stream("GET", url) as response,
            target.open("wb") as file,
        ):
            if response.status_code >= 400:
                raise Failure(
                    f"{url} answered {response.status_code} {response.reason_phrase}; "
                    "check the address, and whether it needs a login."
                )
            for chunk in response.iter_bytes(1024 * 256):
                size += len(chunk)
                if size > max_bytes:
                    raise Failure(f"{url} is larger than the limit of {max_bytes:,} bytes.")
                file.write(chunk)
    except httpx.TimeoutException as error:
        raise Failure(f"{url} did not answer within {_TIMEOUT_SECONDS:g} seconds.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failure(f"{url} could not be fetched: {error or type(error).__name__}.") from error
    print(f"downloaded {size:,} bytes from {url}")
    return target
