"""A run goes from one Penstock to another in one file, and gives the same there."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.stack import Stack

SOURCE = '''
def double(rows: list) -> list:
    """Twice each number."""
    return [2 * row for row in rows]
'''


def definition(digest: str) -> dict[str, Any]:
    """An uploaded file, a built-in component, one of the team's own, and a sub-result as a table."""
    return {
        "schema": 1,
        "name": "Travelling",
        "parameters": [{"name": "data", "type": "string", "default": f"artifact:{digest}"}],
        "nodes": [
            {"id": "read", "component": "core/read_csv", "params": {"path": "${{ params.data }}"}},
            {"id": "sort", "component": "core/sort", "params": {"by": ["n"]}},
            {"id": "list", "component": "core/python", "params": {"code": LIST}},
            {"id": "double", "component": "travel/double"},
        ],
        "edges": [
            {"from": "read.table", "to": "sort.table"},
            {"from": "sort.table", "to": "list.data"},
            {"from": "list.result", "to": "double.rows"},
        ],
    }


LIST = "def run(data):\n    return [1, 2, 3]\n"


def test_a_run_gives_the_same_on_another_penstock(
    stack: Stack, start_stack: Callable[..., Stack], new_home: Callable[[], Path]
) -> None:
    there = start_stack(new_home())
    with stack.api as api:
        file = {"file": ("numbers.csv", b"n\n3\n1\n2\n")}
        digest = api.post("/artifacts/", files=file).json()["digest"]
        spec = {"kind": "python", "source": SOURCE, "namespace": "travel"}
        assert api.post("/components/", json=spec).status_code == 201
        first = stack.wait_run(stack.run(definition(digest))["id"])
        assert first["state"] == "success", first
        content = api.get(f"/runs/{first['id']}/bundle/").content
    with there.api as api:
        arrived = api.post("/bundles/", files={"file": ("run.zip", content)})
        assert arrived.status_code == 201, arrived.text
        second = there.wait_run(arrived.json()["run"]["id"])
        assert second["state"] == "success", second
        again = api.get(f"/runs/{second['id']}/bundle/").content
    published = [use["ref"] for use in arrived.json()["uses"] if use["published"]]
    assert published == ["travel/double@1"]
    expected, got = results(content), results(again)
    assert expected == got
    assert set(expected) == {"read", "sort", "list", "double"}


def results(content: bytes) -> Any:
    """The digest of every output, by node and port."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read("results.json"))
