"""How files come to a step that runs elsewhere: by addresses that hold for a while and need no key.

What makes the addresses belongs to the store, which executors do not know; it is handed in.
"""

from pathlib import Path
from typing import Protocol


class Exchange(Protocol):
    """Every method raises OSError when the store did not do it. A `name` is of letters, digits, `-`, `_`, `.` and `/`."""

    def artifact_url(self, digest: str, seconds: int) -> str:
        """Where the artifact can be read for so many seconds."""

    def put(self, name: str, data: bytes, seconds: int) -> str:
        """Keep `data` for the exchange; where it can be read for so many seconds."""

    def put_file(self, name: str, path: Path, seconds: int) -> str:
        """The same with a file."""

    def upload_url(self, name: str, seconds: int) -> str:
        """Where one file can be put, for so many seconds."""

    def fetch(self, name: str, target: Path, most_bytes: int) -> None:
        """Copy what was put there to `target`; not more than so many bytes."""

    def remove(self, prefix: str) -> None:
        """Forget everything whose name begins so."""
