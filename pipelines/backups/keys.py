"""The keys of a Penstock that are files in its data directory."""

import os
from pathlib import Path

from django.conf import settings

#: File in the data directory -> the variable that takes its place.
KEYS = {"secret_key": "PENSTOCK_SECRET_KEY", "encryption_keys": "PENSTOCK_ENCRYPTION_KEYS"}


def read() -> dict[str, str]:
    """The keys in use, by name, wherever they are given."""
    found = {}
    for name, variable in KEYS.items():
        path = Path(settings.HOME) / name
        given = os.environ.get(variable, "").strip()
        content = given or (path.read_text(encoding="utf-8").strip() if path.is_file() else "")
        if content:
            found[name] = content
    return found


def write(name: str, content: str) -> None:
    """Put a key in its place, whole or not at all, for its owner alone to read."""
    path = Path(settings.HOME) / name
    draft = path.with_name(f"{name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content + "\n")
    os.replace(draft, path)


def differing(found: dict[str, str]) -> list[str]:
    """The variables that are set here and say something else than the backup's keys."""
    return [
        variable
        for name, variable in KEYS.items()
        if name in found and os.environ.get(variable, found[name]).strip() != found[name]
    ]
