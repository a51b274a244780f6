"""The file of a backup: what comes out is what went in, or it is refused in words."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from hashlib import sha256

import pytest

from pipelines.backups.archive import BadArchive, Manifest, Reader, Writer

ROWS = ['{"id":1}\n', '{"id":2}\n']
FILE = b"some bytes"
DIGEST = sha256(FILE).hexdigest()
MANIFEST = Manifest(
    penstock="1",
    made_at="2026-01-01T00:00:00+00:00",
    database="sqlite",
    migrations=["runs.0001_initial"],
    tables={"runs.run": 2},
    artifacts=True,
    keys=["secret_key"],
)


def archive() -> bytes:
    stream = io.BytesIO()
    writer = Writer(stream)
    writer.manifest(MANIFEST)
    writer.key("secret_key", "s3cret")
    assert writer.table("runs.run", iter(ROWS)) == 2
    assert writer.artifact(DIGEST, len(FILE), io.BytesIO(FILE))
    assert not writer.artifact("0" * 64, 3, io.BytesIO(b"not"))
    writer.end(missing=["0" * 64])
    return stream.getvalue()


def everything(content: bytes) -> tuple[Manifest, dict[str, bytes], list[str]]:
    reader = Reader(io.BytesIO(content))
    manifest = reader.manifest()
    found = {}
    for member in reader.members():
        if member.name.endswith(".gz"):
            found[member.name] = b"".join(member.lines(100))
        else:
            found[member.name] = member.small()
    return manifest, found, reader.missing


def test_what_goes_in_comes_out() -> None:
    manifest, found, missing = everything(archive())
    assert manifest == MANIFEST
    assert found == {
        "keys/secret_key": b"s3cret",
        "tables/runs.run/000001.jsonl.gz": "".join(ROWS).encode(),
        f"artifacts/{DIGEST}": FILE,
    }
    assert missing == ["0" * 64]


def remade(change: Callable[[str, bytes], tuple[str | tarfile.TarInfo, bytes] | None]) -> bytes:
    """The archive with other members."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive())) as old,
        tarfile.open(fileobj=out, mode="w|", format=tarfile.GNU_FORMAT) as new,
    ):
        for info in old:
            stream = old.extractfile(info)
            assert stream is not None
            made = change(info.name, stream.read())
            if made is None:
                continue
            name, content = made
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return out.getvalue()


def renamed(to: str) -> bytes:
    return remade(lambda name, content: (to if name.startswith("keys/") else name, content))


def link() -> bytes:
    info = tarfile.TarInfo("keys/secret_key")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return remade(lambda name, content: (info, b"") if name == info.name else (name, content))


def with_rows(text: bytes) -> bytes:
    return remade(
        lambda name, content: (name, gzip.compress(text) if name.endswith(".gz") else content)
    )


def with_manifest(**said: object) -> bytes:
    return remade(
        lambda name, content: (
            name,
            json.dumps({**json.loads(content), **said}).encode()
            if name == "manifest.json"
            else content,
        )
    )


def huge_header() -> bytes:
    """A header that says that a gigabyte of more header follows."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 2**30
    return info.tobuf() + b"\0" * 1024


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no backup of a Penstock"),
        (b"PK" * 600, "no backup of a Penstock"),
        (archive()[:2500], "cut off|damaged|end of data"),
        (archive().replace(FILE, b"sOme bytes"), "changed or damaged"),
        (remade(lambda n, c: None if n.startswith("tables/") else (n, c)), "changed or damaged"),
        (remade(lambda n, c: None if n == "end.json" else (n, c)), "its end is missing"),
        (remade(lambda n, c: None if n == "manifest.json" else (n, c)), "begin with a manifest"),
        (renamed("../../etc/cron.d/x"), "no part of a backup"),
        (renamed("/etc/passwd"), "no part of a backup"),
        (renamed("artifacts/../secret_key"), "no part of a backup"),
        (link(), "no part of a backup"),
        (with_rows(b"x" * 101), "too long"),
        (with_rows(b"a\n" + b"b" * 5), "cut off or too long"),
        (with_manifest(schema=2), "reads 1"),
        (with_manifest(more=1), "manifest cannot be read"),
        (with_manifest(tables=[1]), "manifest cannot be read"),
        (huge_header(), "asks for 1,073,741,824 bytes at once"),
    ],
)
def test_what_was_tampered_with_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(BadArchive, match=words):
        everything(content)
