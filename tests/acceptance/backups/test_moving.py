"""A whole Penstock is backed up while it runs, and goes on in an empty one on the other database."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import postgres
from tests.support.stack import Stack


def definition(digest: str) -> dict[str, Any]:
    """A file that was uploaded, and what a step makes of it."""
    return {
        "schema": 1,
        "name": "Moving",
        "parameters": [{"name": "numbers", "type": "string", "default": f"artifact:{digest}"}],
        "nodes": [
            {
                "id": "read",
                "component": "core/read_csv",
                "params": {"path": "${{ params.numbers }}"},
            },
            {"id": "sort", "component": "core/sort", "params": {"by": ["n"]}},
        ],
        "edges": [{"from": "read.table", "to": "sort.table"}],
    }


@pytest.fixture
def other_database(new_home: Callable[[], Path]) -> Iterator[dict[str, str]]:
    """PostgreSQL when the tests are on SQLite, and the other way round."""
    if os.environ.get("PENSTOCK_TEST_DATABASE") == "postgres" or os.environ.get("DATABASE_URL"):
        yield {}
        return
    server = new_home()
    yield {"DATABASE_URL": postgres.start(server)}
    postgres.stop(server)


def test_a_penstock_moves_to_the_other_database(
    stack: Stack, new_home: Callable[[], Path], other_database: dict[str, str], tmp_path: Path
) -> None:
    with stack.api as api:
        file = {"file": ("numbers.csv", b"n\n3\n1\n2\n")}
        digest = api.post("/artifacts/", files=file).json()["digest"]
    first = stack.wait_run(stack.run(definition(digest))["id"])
    assert first["state"] == "success", first
    stack.manage("backup", str(tmp_path / "all.tar"))

    there = Stack(new_home(), **other_database)
    assert "Restored" in there.manage("restore", str(tmp_path / "all.tar"))
    there.start()
    try:
        assert there.get_run(first["id"]) == first
        with there.api as api:
            again = api.post(f"/runs/{first['id']}/clone/", json={"cache": False})
            assert again.status_code == 201, again.text
            second = there.wait_run(again.json()["id"])
            files = [
                api.get(f"/artifacts/{node['outputs']['table']['artifact']}/").content
                for run in (first, second)
                for node in run["nodes"]
                if node["id"] == "sort"
            ]
        assert second["state"] == "success", second
        assert second["number"] == first["number"] + 1
        assert files[0] == files[1]
        assert "whole" in there.manage("verify_audit")
    finally:
        there.stop()
