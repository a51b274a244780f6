"""One look at a file or an address. What is not there yet is looked for again later."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.core.durations import parse_duration

from ..contract import Step, StepFailed

_TIMEOUT_SECONDS = 10.0


def run(step: Step) -> Mapping[str, Any]:
    look = {"file": _file, "url": _url}[step.implementation["for"]]
    return look(step.params)


def _file(params: Mapping[str, Any]) -> Mapping[str, Any]:
    pattern = str(params["path"])
    path = Path(pattern)
    found = sorted(path.parent.glob(path.name)) if any(c in pattern for c in "*?[") else [path]
    there = [each for each in found if each.is_file()]
    if not there:
        raise _not_yet(params, f"waits for the file {pattern}")
    return {"path": str(there[0]), "size": there[0].stat().st_size}


def _url(params: Mapping[str, Any]) -> Mapping[str, Any]:
    import httpx

    from pipelines.sdk import outgoing

    url = str(params["url"])
    try:
        with (
            outgoing.client(timeout=_TIMEOUT_SECONDS) as client,
            client.stream("GET", url) as answer,  # the body does not matter, however long it is
        ):
            status = answer.status_code
    except outgoing.Refused as refused:
        raise StepFailed("setup", str(refused), permanent=True) from refused
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise StepFailed(
            "setup", f"`{url}` is not an address that can be asked: {error}", permanent=True
        ) from error
    except httpx.HTTPError as error:
        raise _not_yet(params, f"waits for {url}: {error or type(error).__name__}") from error
    wanted = params.get("status") or 200
    if status != wanted:
        raise _not_yet(params, f"waits for {url} to answer {wanted}; it answered {status}")
    return {"status": status, "time": time.time()}


def _not_yet(params: Mapping[str, Any], why: str) -> StepFailed:
    return StepFailed("not_yet", why, retry_after=_seconds(params.get("every") or "30s"))


def _seconds(value: Any) -> float:
    try:
        return max(1.0, parse_duration(value))
    except ValueError as error:
        raise StepFailed("setup", f"`every`: {error}", permanent=True) from error
