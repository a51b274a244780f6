"""Signed addresses of an S3 store, as a step in a cluster uses them: with no key, for a while."""

import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.artifacts import exchange, store
from pipelines.executors.kubernetes import carrier
from pipelines.executors.kubernetes.exchange import Exchange

S3 = pytest.mark.parametrize("somewhere", ["s3"], indirect=True)


def made() -> Exchange:
    found = exchange.make()
    assert found is not None
    return found


@S3
def test_artifacts_are_read_and_results_left_without_a_key(somewhere: None, tmp_path: Path) -> None:
    there = made()
    (tmp_path / "in").write_bytes(b"an artifact")
    digest = store.upload(tmp_path / "in").digest
    address = there.artifact_url(digest, 600)
    assert urllib.request.urlopen(address).read() == b"an artifact"
    signed = parse_qs(urlsplit(address).query)
    assert signed["X-Amz-Expires"] == ["600"]
    assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "secret" not in address

    assert urllib.request.urlopen(there.put("step-1/manifest", b"{}", 60)).read() == b"{}"
    assert urllib.request.urlopen(there.put_file("step-1/x", tmp_path / "in", 60)).read() == (
        b"an artifact"
    )
    carrier._upload(tmp_path / "in", there.upload_url("step-1/result", 60))
    there.fetch("step-1/result", tmp_path / "out", 100)
    assert (tmp_path / "out").read_bytes() == b"an artifact"
    with pytest.raises(OSError, match="has 11 bytes; 10 are allowed"):
        there.fetch("step-1/result", tmp_path / "out", 10)

    there.put("step-10/manifest", b"{}", 60)
    there.remove("step-1/")
    with pytest.raises(OSError, match="the artifact store failed at `exchange/step-1/result`"):
        there.fetch("step-1/result", tmp_path / "out", 100)
    there.fetch("step-10/manifest", tmp_path / "out", 100)


@S3
def test_an_address_of_nothing_is_told_by_the_carrier(somewhere: None, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="the store answered 404"):
        carrier.fetch(made().artifact_url("0" * 64, 60), tmp_path)


@pytest.mark.parametrize("somewhere", ["disk"], indirect=True)
def test_local_files_have_no_addresses(somewhere: None) -> None:
    assert exchange.make() is None
