"""The door through which a step's outputs come in."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.executors import outputs
from pipelines.executors.outputs import BadOutput
from pipelines.executors.protocol import OutputFile


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    directory = tmp_path / "artifacts"
    directory.mkdir()
    (directory / "table.parquet").write_bytes(b"PAR1....PAR1")
    (directory / "notes.txt").write_text("notes")
    (directory / "folder").mkdir()
    (directory / "sideways").symlink_to("notes.txt")
    (directory / "outwards").symlink_to("/etc/passwd")
    return directory


def read(artifacts: Path, text: str, limit: int = 1000, **ports: str) -> dict[str, Any]:
    file = artifacts.parent / "outputs.json"
    file.write_text(text)
    return outputs.read(file, artifacts, ports, limit)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", "a"), ("text", "ü"), ("number", 1), ("number", 1.5), ("integer", -3),
        ("boolean", False), ("list", [1, "a", None]), ("json", {"a": [None]}), ("json", None),
        ("any", 1), ("any", {"path": "just data"}), ("json", {"path": "x", "type": "car"}),
    ],
)  # fmt: skip
def test_values_come_in_as_they_are(artifacts: Path, kind: str, value: Any) -> None:
    assert read(artifacts, json.dumps({"out": value}), out=kind) == {"out": value}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 1), ("number", "1"), ("number", True), ("integer", 1.5), ("integer", True),
        ("integer", None), ("boolean", 0), ("list", {}), ("text", None), ("table", [1]),
        ("file", "notes.txt"), ("model", None),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(artifacts: Path, kind: str, value: Any) -> None:
    with pytest.raises(BadOutput, match="output `out` must be"):
        read(artifacts, json.dumps({"out": value}), out=kind)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[1]", "one JSON object"),
        ('{"out": -Infinity}', "-Infinity"),
        ('{"out": -1e999}', "too large"),
        ('{"out": "a\\u0000b"}', "cannot be stored"),
        ('{"out": {"\\ud800": 1}}', "cannot be stored"),
        ('{"out": ' + "[" * 101 + "]" * 101 + "}", "100 levels"),
        ('{"out": ' + "[" * 100_000 + "]" * 100_000 + "}", "100 levels"),
        ('{"out": "' + "x" * 1024 * 1024 + '"}', "1,048,578 bytes"),
        ('{"out": ' + "9" * 5000 + "}", "not valid JSON"),
    ],
)
def test_what_could_not_be_stored_is_refused(artifacts: Path, text: str, message: str) -> None:
    with pytest.raises(BadOutput, match=message):
        read(artifacts, text, out="any")


def test_a_hundred_levels_are_fine(artifacts: Path) -> None:
    read(artifacts, '{"out": ' + "[" * 99 + "1" + "]" * 99 + "}", out="json")


def test_files_are_described(artifacts: Path) -> None:
    told = {"path": "table.parquet", "type": "table", "name": "t", "facts": {"rows": 1}}

    found = read(artifacts, json.dumps({"out": told}), out="table")["out"]

    assert found == OutputFile(
        artifacts / "table.parquet", "table", "t", "application/octet-stream", {"rows": 1}
    )


@pytest.mark.parametrize(
    ("kind", "path", "stated"),
    [
        ("file", "notes.txt", "file"), ("file", "table.parquet", "table"),
        ("any", "notes.txt", "image"), ("text", "notes.txt", "text"),
        ("json", "notes.txt", "json"), ("file", "sideways", "file"),
        ("file", "./folder/../notes.txt", "file"),
    ],
)  # fmt: skip
def test_files_that_fit_their_port(artifacts: Path, kind: str, path: str, stated: str) -> None:
    for each in (path, str(artifacts / path)):
        found = read(artifacts, json.dumps({"out": {"path": each, "type": stated}}), out=kind)
        assert found["out"].path == (artifacts / path).resolve()
        assert found["out"].type == stated


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"path": "outwards"}, "outside the step's artifacts"),
        ({"path": "../outputs.json"}, "outside the step's artifacts"),
        ({"path": "/etc/passwd"}, "outside the step's artifacts"),
        ({"path": "missing"}, "there is no file missing"),
        ({"path": "folder"}, "is not a file"),
        ({"path": ""}, "names no file"),
        ({"path": "a\0b"}, "names no file"),
        ({"path": 3}, "names no file"),
        ({"path": "notes.txt", "type": "table"}, "is not a Parquet file"),
        ({"path": "notes.txt", "type": "text"}, "must be a file"),
        ({"path": "notes.txt", "facts": [1]}, "must be an object"),
    ],
)
def test_files_that_are_refused(artifacts: Path, told: dict[str, Any], message: str) -> None:
    with pytest.raises(BadOutput, match=message):
        read(artifacts, json.dumps({"out": {"type": "file", **told}}), out="file")


def test_all_declared_outputs_and_no_others(artifacts: Path) -> None:
    with pytest.raises(BadOutput, match="without writing its output `b`"):
        read(artifacts, '{"a": 1}', a="any", b="any")
    with pytest.raises(BadOutput, match=r"wrote `c`, .* it declares `a`"):
        read(artifacts, '{"a": 1, "c": 2}', a="any")
    with pytest.raises(BadOutput, match="without writing any outputs"):
        outputs.read(artifacts / "nothing", artifacts, {"a": "any"}, 10)
    assert outputs.read(artifacts / "nothing", artifacts, {}, 10) == {}


def test_files_have_a_limit_together(artifacts: Path) -> None:
    two = {name: {"path": "notes.txt", "type": "file"} for name in ("a", "b")}
    with pytest.raises(BadOutput, match="10 bytes; 9 are allowed"):
        read(artifacts, json.dumps(two), limit=9, a="file", b="file")


def test_the_outputs_file_may_not_be_a_link(artifacts: Path) -> None:
    link = artifacts / "link.json"
    link.symlink_to("/etc/hostname")
    with pytest.raises(BadOutput, match="cannot be read"):
        outputs.read(link, artifacts, {"a": "any"}, 10)
