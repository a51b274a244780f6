"""The file of a backup: a tar, written and read once from its beginning to its end.

```
manifest.json                       what made it, the schema, how many rows each table has
keys/secret_key …                   unless they were left out
tables/runs.run/000001.jsonl.gz …   rows, some thousands in each part
artifacts/<sha256>                  unless they were left out
end.json                            how many members there are, and one SHA-256 over all of them
```

Nothing is ever unpacked to a path that the file names: a member is known by its place and its name,
or it is refused. Sizes are checked before memory is given.
"""

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import IO, Any

SCHEMA = 1
#: A part of a table is closed when it has so many bytes.
_PART = 4 * 1024 * 1024
_CHUNK = 1024 * 1024
#: Manifest and keys are far smaller. Headers are read by tarfile, in one piece each.
_MOST_SMALL = 16 * 1024 * 1024
_MANIFEST, _END = "manifest.json", "end.json"
KEY = re.compile(r"keys/([a-z_]{1,40})")
PART = re.compile(r"tables/([a-z_]+\.[a-z_]+)/(\d{6,9})\.jsonl\.gz")
ARTIFACT = re.compile(r"artifacts/([0-9a-f]{64})")


class BadArchive(ValueError):
    """The file is no backup, or is not whole, or was changed."""


@dataclass(frozen=True)
class Manifest:
    """`migrations` stands for the schema of the tables; `tables` has the number of rows of each."""

    penstock: str
    made_at: str
    database: str
    migrations: list[str]
    tables: dict[str, int]
    artifacts: bool
    keys: list[str] = field(default_factory=list)
    schema: int = SCHEMA


class Writer:
    """Writes members one after the other; a few megabytes are in memory at a time."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT)  # noqa: SIM115
        self._sum, self._members = hashlib.sha256(), 0

    def manifest(self, manifest: Manifest) -> None:
        self._add(_MANIFEST, json.dumps(asdict(manifest), indent=2).encode())

    def key(self, name: str, content: str) -> None:
        self._add(f"keys/{name}", content.encode())

    def table(self, label: str, lines: Iterator[str]) -> int:
        """The rows of a table; how many there were."""
        rows, number, part, size = 0, 0, [], 0
        for line in lines:
            part.append(line)
            rows, size = rows + 1, size + len(line)
            if size >= _PART:
                number += 1
                self._part(label, number, part)
                part, size = [], 0
        if part:
            self._part(label, number + 1, part)
        return rows

    def artifact(self, digest: str, size: int, content: IO[bytes]) -> bool:
        """Whether the bytes are those that the digest names, and as many. Nothing else is written
        as that artifact: what the store has lost must not look whole.
        """
        hasher, counted = hashlib.sha256(), 0
        while chunk := content.read(_CHUNK):
            hasher.update(chunk)
            counted += len(chunk)
        if (hasher.hexdigest(), counted) != (digest, size):
            return False
        content.seek(0)
        self._tar.addfile(_info(f"artifacts/{digest}", size), content)
        self._note(f"artifacts/{digest}", digest)
        return True

    def end(self, missing: list[str]) -> None:
        """Close it; `missing` are artifacts that the store did not have."""
        said = {"members": self._members, "sha256": self._sum.hexdigest(), "missing": missing}
        self._add(_END, json.dumps(said).encode())
        self._tar.close()

    def _part(self, label: str, number: int, lines: list[str]) -> None:
        content = gzip.compress("".join(lines).encode(), compresslevel=5, mtime=0)
        self._add(f"tables/{label}/{number:06}.jsonl.gz", content)

    def _add(self, name: str, content: bytes) -> None:
        self._tar.addfile(_info(name, len(content)), io.BytesIO(content))
        self._note(name, hashlib.sha256(content).hexdigest())

    def _note(self, name: str, digest: str) -> None:
        self._sum.update(f"{name}\n{digest}\n".encode())
        self._members += 1


@dataclass(frozen=True)
class Member:
    """A part of the file. Read it before the next one is asked for, and to its end."""

    name: str
    size: int
    stream: IO[bytes]

    def small(self) -> bytes:
        """All of it at once. Raises BadArchive."""
        if self.size > _MOST_SMALL:
            raise BadArchive(f"`{self.name}` has {self.size:,} bytes, which is too much for it")
        return self.stream.read()

    def lines(self, longest: int) -> Iterator[bytes]:
        """Lines of compressed text, none longer than `longest`. Raises BadArchive."""
        try:
            with gzip.GzipFile(fileobj=self.stream) as text:
                while line := text.readline(longest):
                    if not line.endswith(b"\n"):
                        raise BadArchive(f"a line of `{self.name}` is cut off or too long")
                    yield line
        except (OSError, EOFError, zlib.error) as error:
            raise BadArchive(f"`{self.name}` is damaged: {error}") from error


class Reader:
    """Reads members in their order. Raises BadArchive from everything."""

    def __init__(self, stream: IO[bytes]) -> None:
        try:
            self._tar = tarfile.open(fileobj=_Careful(stream), mode="r:")  # noqa: SIM115
        except tarfile.TarError as error:
            raise BadArchive(f"it is no backup of a Penstock: {error}") from error
        self._sum, self._members = hashlib.sha256(), 0
        self.missing: list[str] = []
        self._every = self._all()

    def manifest(self) -> Manifest:
        first = next(self._every, None)
        if first is None or first.name != _MANIFEST:
            raise BadArchive("it is no backup of a Penstock: it does not begin with a manifest")
        try:
            said = json.loads(first.small())
            if said["schema"] != SCHEMA:
                raise BadArchive(
                    f"its format has the number {said['schema']}, and this release reads "
                    f"{SCHEMA}. Restore it with the release that made it, {said.get('penstock')}"
                )
            made = Manifest(**said)
            tables = {str(name): int(rows) for name, rows in made.tables.items()}
            if not all(isinstance(each, str) for each in [*made.migrations, *made.keys]):
                raise TypeError("names must be text")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            if isinstance(error, BadArchive):
                raise
            raise BadArchive(f"its manifest cannot be read: {error}") from error
        return Manifest(**{**asdict(made), "tables": tables})

    def members(self) -> Iterator[Member]:
        """What follows the manifest. When it is over, all of it was there and unchanged."""
        for member in self._every:
            if member.name == _END:
                self._check_end(member)
                return
            yield member
        raise BadArchive("it is cut off: its end is missing")

    def _all(self) -> Iterator[Member]:
        while True:
            try:
                info = self._tar.next()
            except (tarfile.TarError, OSError, ValueError) as error:
                raise BadArchive(f"it is damaged: {error}") from error
            if info is None:
                return
            # tarfile remembers every member that it has met.
            with suppress(AttributeError):
                self._tar.members.clear()  # type: ignore[attr-defined]
            known = info.name in (_MANIFEST, _END) or any(
                pattern.fullmatch(info.name) for pattern in (KEY, PART, ARTIFACT)
            )
            stream = self._tar.extractfile(info) if info.isreg() and known else None
            if stream is None:
                raise BadArchive(f"it holds `{info.name[:200]}`, which is no part of a backup")
            summed = _Summed(stream, info.size)
            yield Member(info.name, info.size, summed)  # type: ignore[arg-type]
            if info.name != _END:
                self._sum.update(f"{info.name}\n{summed.finish(info.name)}\n".encode())
                self._members += 1

    def _check_end(self, member: Member) -> None:
        try:
            said = json.loads(member.small())
            told = (said["members"], said["sha256"])
            self.missing = [str(each) for each in said["missing"]]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise BadArchive(f"its end cannot be read: {error}") from error
        if told != (self._members, self._sum.hexdigest()):
            raise BadArchive("what it holds is not what was written: it was changed or damaged")


class _Careful(io.RawIOBase):
    """A file of which nobody reads more at once than a header or a chunk may have."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > _MOST_SMALL:
            raise BadArchive(f"it asks for {size:,} bytes at once, which no backup does")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


class _Summed(io.RawIOBase):
    """A member that is hashed while it is read."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._left = stream, size
        self._sum = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        content = b""
        while self._left and (size < 0 or len(content) < size):
            wanted = min(self._left, _CHUNK, *([size - len(content)] if size >= 0 else []))
            chunk = self._stream.read(wanted)
            if not chunk:
                raise BadArchive("it is cut off")
            content += chunk
            self._left -= len(chunk)
            self._sum.update(chunk)
        return content

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def finish(self, name: str) -> str:
        """The SHA-256, once all is read."""
        if self._left:
            raise BadArchive(f"`{name}` has more in it than belongs there")
        return self._sum.hexdigest()


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info
