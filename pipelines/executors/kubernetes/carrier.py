"""Carries a step's files into its pod, and out of it: `python -m … carrier fetch` and `… deliver`.

Runs in Penstock's own image, before and after the container of the step, whose image may have no
program that could do it. All it is told is the address of one manifest: a JSON object with `inputs`
(the content of PENSTOCK_INPUTS), `files` (pairs of `url` and `to`, a path below the root), `deliver`
(the address to put the result to) and `most_bytes`.
"""

import json
import os
import shutil
import stat
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

MANIFEST = "manifest.json"
RESULT = "result.tar"
INPUTS, OUTPUTS, ARTIFACTS, WORK = "inputs", "outputs", "artifacts", "work"
_TRIES = 4
_SECONDS = 60.0
_PAUSE = 1.0


def fetch(url: str, root: Path) -> None:
    """Make the step's directories, and put its inputs in their places."""
    manifest = json.loads(_patiently(lambda: _get(url)))
    (root / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    for name in (INPUTS, OUTPUTS, ARTIFACTS, WORK):
        (root / name).mkdir(exist_ok=True)
    given = json.dumps(manifest["inputs"], ensure_ascii=False, allow_nan=False)
    (root / INPUTS / "inputs.json").write_text(given, encoding="utf-8")
    for file in manifest["files"]:
        target = root / file["to"]
        target.parent.mkdir(parents=True, exist_ok=True)
        _patiently(partial(_download, file["url"], target))


def deliver(root: Path) -> None:
    """Pack what the step left in its directories, and put it to where it is awaited."""
    manifest: Mapping[str, Any] = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    left = manifest["most_bytes"]
    result = root / RESULT
    with tarfile.open(result, "w") as tar:
        for top in (OUTPUTS, ARTIFACTS):
            for path in sorted((root / top).rglob("*")):
                facts = path.lstat()
                # Links lead who knows where, and pipes never end.
                if not stat.S_ISREG(facts.st_mode):
                    continue
                left -= facts.st_size
                if left < 0:
                    raise SystemExit(f"the step wrote more than {manifest['most_bytes']:,} bytes")
                tar.add(path, path.relative_to(root), recursive=False)
    _patiently(lambda: _upload(result, manifest["deliver"]))


def _open(asked: urllib.request.Request, seconds: float) -> Any:
    if asked.type not in ("http", "https"):
        raise SystemExit(f"the store's address begins with {asked.type}:, not with https:")
    return urllib.request.urlopen(asked, timeout=seconds)  # noqa: S310 - looked at above


def _get(url: str) -> bytes:
    with _open(urllib.request.Request(url), _SECONDS) as answer:  # noqa: S310
        data: bytes = answer.read()
    return data


def _download(url: str, target: Path) -> None:
    asked = urllib.request.Request(url)  # noqa: S310
    with _open(asked, _SECONDS) as answer, target.open("wb") as file:
        shutil.copyfileobj(answer, file, 1024 * 1024)
        expected = answer.headers.get("Content-Length")
        if expected is not None and file.tell() != int(expected):
            raise OSError(f"only {file.tell():,} of {expected} bytes came")


def _upload(path: Path, url: str) -> None:
    with path.open("rb") as file:
        asked = urllib.request.Request(url, data=file, method="PUT")  # noqa: S310
        asked.add_header("Content-Length", str(path.stat().st_size))
        asked.add_header("Content-Type", "application/x-tar")
        with _open(asked, _SECONDS * 10) as answer:
            answer.read()


def _patiently(deed: Callable[[], T]) -> T:
    """Try again what the network may spoil. An answer that refuses is no accident."""
    for attempt in range(1, _TRIES + 1):
        try:
            return deed()
        except urllib.error.HTTPError as error:
            if error.code < 500 or attempt == _TRIES:
                raise SystemExit(f"the store answered {error.code} {error.reason}") from error
        except OSError as error:
            if attempt == _TRIES:
                raise SystemExit(f"the store cannot be reached: {error}") from error
        time.sleep(_PAUSE * attempt)
    raise AssertionError("the last try returns or raises")


def main() -> None:
    root = Path(os.environ["PENSTOCK_ROOT"])
    os.umask(0o027)
    if sys.argv[1:] == ["fetch"]:
        fetch(os.environ["PENSTOCK_MANIFEST"], root)
    elif sys.argv[1:] == ["deliver"]:
        deliver(root)
    else:
        raise SystemExit("say fetch or deliver")


if __name__ == "__main__":
    main()
