"""Bytes by their hash, on the disk and in an S3-compatible store."""

import hashlib
from pathlib import Path

import pytest

from pipelines.artifacts import store


@pytest.mark.usefixtures("somewhere")
def test_bytes_are_stored_once_and_found_by_their_hash(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"some bytes" * 1000)
    stored = store.upload(file)
    assert stored == store.Stored(hashlib.sha256(file.read_bytes()).hexdigest(), 10_000)
    assert store.upload(file) == stored
    with store.open(stored.digest) as stream:
        assert stream.read() == file.read_bytes()
    path = store.local_path(stored.digest)
    assert path.read_bytes() == file.read_bytes()
    assert store.local_path(stored.digest) == path


@pytest.mark.usefixtures("somewhere")
def test_what_is_not_there_is_told_by_name() -> None:
    for ask in (store.local_path, store.open):
        with pytest.raises(store.ArtifactMissing, match=r"no artifact 000000000000…"):
            ask("0" * 64)


@pytest.mark.parametrize("bad", ["", "x", "../../etc/passwd", "A" * 64, "0" * 63 + "/"])
def test_only_a_digest_becomes_a_path(bad: str) -> None:
    with pytest.raises(ValueError, match="is not a SHA-256 digest"):
        store.key(bad)


def test_the_cache_throws_away_what_was_not_asked_for_the_longest(tmp_path: Path) -> None:
    import os
    import time

    folder = tmp_path / "cache"
    for number, age_in_days in enumerate([3, 2, 0]):
        file = folder / "sha256" / f"{number:02}" / str(number)
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x" * 100)
        os.utime(file, (time.time() - age_in_days * 86400 - 60,) * 2)
    store._prune(folder, limit=250)
    assert sorted(path.name for path in folder.glob("sha256/*/*")) == ["1", "2"]
    store._prune(folder, limit=0)
    assert sorted(path.name for path in folder.glob("sha256/*/*")) == ["2"]
