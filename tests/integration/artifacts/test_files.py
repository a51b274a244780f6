"""Files over HTTP: what is uploaded, what a browser gets, and what it is shown."""

import datetime
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from tests.people import People
from tests.support.sample import Sample

pytestmark = pytest.mark.django_db


def png(width: int = 30, height: int = 20) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height)).save(stream, "PNG")
    return stream.getvalue()


def parquet(table: pa.Table, **options: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


def upload(client: APIClient, data: bytes, name: str = "file.bin", **fields: Any) -> Any:
    file = SimpleUploadedFile(name, data, content_type="image/png")
    return client.post("/api/v1/artifacts/", {"file": file, **fields}, format="multipart")


def preview(client: APIClient, data: bytes, name: str = "file.bin", **query: Any) -> Any:
    digest = upload(client, data, name).json()["digest"]
    response = client.get(f"/api/v1/artifacts/{digest}/preview/", query)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize(
    ("data", "said", "type"),
    [
        (png(), None, "image"),
        (parquet(pa.table({"a": [1]})), None, "table"),
        (b"a,b\n1,2\n", None, "file"),
        (b"PAR1 but not PAR1", None, "file"),
        (b"PAR1" + b"x" * 20 + b"PAR1", None, "file"),
        (b"\x89PNG\r\n\x1a\n but broken", None, "file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None, "file"),
        (b"plain", "text", "text"),
        (b'{"a": 1}', "json", "json"),
        (png(), "file", "file"),
    ],
)
def test_what_a_file_is_is_read_from_its_bytes(
    owner: APIClient, data: bytes, said: str | None, type: str
) -> None:
    response = upload(owner, data, **({"type": said} if said else {}))
    assert response.status_code == 201
    assert response.json()["type"] == type
    assert response.json()["size"] == len(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"x", "image"), (b"x", "table"), (b"\xff", "text"), (b"{", "json"), (b"[" * 9999, "json")],
)
def test_bytes_that_contradict_their_type_are_refused(
    owner: APIClient, data: bytes, said: str
) -> None:
    response = upload(owner, data, type=said)
    assert response.status_code == 422, response.content
    assert "`file.bin`" in response.json()["detail"]
    assert Artifact.objects.count() == 0


def test_a_file_that_is_too_large_is_refused(owner: APIClient, settings: Any) -> None:
    settings.PENSTOCK_MAX_UPLOAD_BYTES = 10
    response = upload(owner, b"x" * 11)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_large_file_streams_through(owner: APIClient, people: People) -> None:
    data = b"0123456789" * 300_000
    digest = upload(owner, data, "../../evil\n.csv").json()["digest"]
    response = owner.get(f"/api/v1/artifacts/{digest}/")
    assert b"".join(response.streaming_content) == data
    assert response["Content-Length"] == str(len(data))
    assert Artifact.objects.get().team == people.team
    assert "/" not in response["Content-Disposition"].partition("filename=")[2].partition(";")[0]


def test_a_viewer_uploads_nothing(people: People, as_user: Any) -> None:
    assert upload(as_user(people.teammate), b"x").status_code == 403


def test_knowing_a_digest_gives_nobody_the_bytes(
    owner: APIClient, people: People, as_user: Any
) -> None:
    digest = upload(owner, b"secret").json()["digest"]
    stranger = as_user(people.stranger)
    assert stranger.get(f"/api/v1/artifacts/{digest}/").status_code == 404
    upload(stranger, b"secret")
    assert stranger.get(f"/api/v1/artifacts/{digest}/").status_code == 200


@pytest.mark.parametrize(
    ("data", "name", "inline"),
    [
        (png(), "a.png", "image/png"),
        (b"<script>alert(1)</script>", "a.png", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "a.svg", None),
        (b"%PDF-1.4", "a.pdf", None),
    ],
)
def test_nothing_but_pictures_opens_in_the_browser(
    owner: APIClient, data: bytes, name: str, inline: str | None
) -> None:
    digest = upload(owner, data, name).json()["digest"]
    plain = owner.get(f"/api/v1/artifacts/{digest}/")
    asked = owner.get(f"/api/v1/artifacts/{digest}/?inline=1")
    for response in (plain, asked):
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"].startswith("sandbox")
    assert plain["Content-Type"] == "application/octet-stream"
    assert plain["Content-Disposition"].startswith("attachment")
    assert asked["Content-Type"] == (inline or "application/octet-stream")
    assert asked["Content-Disposition"].startswith("inline" if inline else "attachment")


def test_the_browser_asks_again_whether_it_still_may(owner: APIClient) -> None:
    digest = upload(owner, b"x").json()["digest"]
    first = owner.get(f"/api/v1/artifacts/{digest}/")
    assert first["Cache-Control"] == "private, no-cache"
    again = owner.get(f"/api/v1/artifacts/{digest}/", HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 304


def test_a_table_is_paged_over_its_row_groups(owner: APIClient) -> None:
    data = parquet(pa.table({"n": list(range(1000)), "t": ["x"] * 1000}), row_group_size=300)
    page = preview(owner, data, page=4, page_size=250)
    assert page["columns"] == [{"name": "n", "type": "int64"}, {"name": "t", "type": "string"}]
    assert [row[0] for row in page["rows"]] == list(range(750, 1000))
    assert (page["total"], page["page"], page["page_size"]) == (1000, 4, 250)
    assert preview(owner, data, page=5, page_size=250)["rows"] == []
    across = preview(owner, data, page=2, page_size=299)["rows"]
    assert [row[0] for row in across] == list(range(299, 598))


def test_every_kind_of_cell_is_shown(owner: APIClient) -> None:
    table = pa.table(
        {
            "int": [2**60, 1],
            "float": [float("nan"), float("inf")],
            "text": ["y" * 1000, None],
            "bytes": [b"\xff\x00", None],
            "when": pa.array([datetime.datetime(2026, 1, 2, 3), None], pa.timestamp("us", "UTC")),
            "far": pa.array([600_000_000_000, None], pa.timestamp("s")),
            "list": [[1, 2], None],
            "struct": [{"a": 1}, None],
            "same": [1, 2],
        }
    )
    rows = preview(owner, parquet(table))["rows"]
    first = dict(zip(table.column_names, rows[0], strict=True))
    assert first["int"] == str(2**60)
    assert first["float"] is None
    assert rows[1][1] == "∞"
    assert len(first["text"]) == 501
    assert first["bytes"] == "/wA= (2 bytes)"
    assert first["when"].startswith("2026-01-02T03:00:00")
    assert first["far"].startswith("20983-")
    assert (first["list"], first["struct"]) == ([1, 2], {"a": 1})


def test_previews_of_the_rest(owner: APIClient) -> None:
    picture = preview(owner, png(30, 20))
    assert (picture["kind"], picture["width"], picture["height"]) == ("image", 30, 20)
    assert owner.get(picture["url"])["Content-Type"] == "image/png"
    assert preview(owner, b'{"a": [1]}', "a.json") == {"kind": "json", "value": {"a": [1]}}
    assert preview(owner, b'{"a": NaN}', "a.json")["kind"] == "text"
    assert preview(owner, b'"\\ud800"', "a.json")["kind"] == "text"
    assert preview(owner, b"[" * 99_999, "a.json")["kind"] == "text"
    long = preview(owner, "ü".encode() * 200_001)
    assert (long["kind"], long["truncated"]) == ("text", True)
    assert preview(owner, b"\xff\xfe\x00")["kind"] == "none"
    assert preview(owner, b"PAR1" + b"x" * 20 + b"PAR1")["kind"] == "none"
    assert preview(owner, b"")["kind"] == "text"


def test_a_model_is_shown_by_its_facts_and_never_loaded(
    owner: APIClient, people: People, tmp_path: Path
) -> None:
    file = tmp_path / "model"
    file.write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    facts = {"estimator": "LogisticRegression"}
    artifact = store.record(people.team.pk, store.upload(file), type="model", facts=facts)
    shown = owner.get(f"/api/v1/artifacts/{artifact.digest}/preview/").json()
    assert shown == {"kind": "model", "facts": facts}


def test_bytes_that_the_storage_lost_are_told(owner: APIClient, sample: Sample) -> None:
    store.local_path(sample.artifact.digest).unlink()
    for rest in ("", "preview/"):
        response = owner.get(f"/api/v1/artifacts/{sample.artifact.digest}/{rest}")
        assert response.status_code == 404
        assert "STORAGE_URL" in json.loads(response.content)["detail"]
