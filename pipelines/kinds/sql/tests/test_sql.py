"""Statements against a real SQLite database."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry
from tests.support.steps import StepRun

Run = Callable[..., StepRun]
PARAMETERS = {"type": "object", "properties": {"least": {"type": "number"}}}


@pytest.fixture
def database(tmp_path: Path) -> str:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE items (name TEXT, price REAL)")
        connection.executemany("INSERT INTO items VALUES (?, ?)", [("nut", 1.5), ("bolt", 2.5)])
    connection.close()
    return f"sqlite:///{file}"


def build(database: str, query: str, kind: str = "table", **fields: Any) -> ComponentSpec:
    given = {
        "name": "q", "namespace": "t", "database": database, "query": query,
        "parameters": PARAMETERS, "outputs": [{"name": "out", "type": kind}], **fields,
    }  # fmt: skip
    return registry.build("sql", given)


def test_rows_become_a_table_and_values_are_bound(run: Run, database: str) -> None:
    spec = build(database, "SELECT name, price FROM items WHERE price > :least AND name <> ':x'")
    made = run(spec, least=2)
    assert made.code == 0, made.stderr
    facts = made.outputs["out"]["facts"]
    assert facts["rows"] == 1
    assert facts["columns"] == [
        {"name": "name", "type": "string"},
        {"name": "price", "type": "double"},
    ]


@pytest.mark.parametrize(
    ("query", "kind", "expected"),
    [
        ("SELECT name FROM items ORDER BY name", "json", [{"name": "bolt"}, {"name": "nut"}]),
        ("SELECT count(*) FROM items", "integer", 2),
        ("UPDATE items SET price = price + 1", "integer", 2),
        ("SELECT :word AS w", "string", "it's"),
    ],
)
def test_other_outputs(run: Run, database: str, query: str, kind: str, expected: Any) -> None:
    spec = build(database, query, kind, inputs=[{"name": "word", "type": "string"}])
    assert run(spec, {"word": "it's"}).outputs == {"out": expected}


def test_changes_are_committed_once_or_not_at_all(run: Run, database: str) -> None:
    run(build(database, "INSERT INTO items VALUES ('screw', 1)", "integer"))
    made = run(build(database, "SELECT count(*) FROM items", "integer"))
    assert made.outputs == {"out": 3}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT colour FROM items", "no such column: colour"),
        ("SELECT 1 WHERE FALSE", "gave no rows"),
        ("SELEC 1", "syntax error"),
    ],
)
def test_the_databases_own_words(run: Run, database: str, query: str, says: str) -> None:
    made = run(build(database, query, "integer"))
    assert made.error is not None
    assert says in made.error["message"]


def test_a_password_is_never_shown(run: Run) -> None:
    made = run(build("postgresql://bob:hunter2@127.0.0.1:9/x", "SELECT 1"))
    assert made.error is not None
    assert "postgresql+psycopg2://bob:***@127.0.0.1:9/x" in made.error["message"]
    assert "hunter2" not in made.stderr + made.error["message"] + made.stdout


def test_bad_specs_are_refused() -> None:
    with pytest.raises(InvalidDefinition, match="`:who` in the query is neither"):
        build("sqlite:////x.db", "SELECT :who, '::a :b', a::int FROM t -- :c")
    with pytest.raises(InvalidDefinition, match="cannot give a image"):
        build("sqlite:////x.db", "SELECT 1", "image")
