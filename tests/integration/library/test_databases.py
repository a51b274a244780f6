"""Writing to a database and asking what is new, on the database under test."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.support import postgres
from tests.support.library import Examples
from tests.support.steps import StepRun


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return Examples(tmp_path_factory.mktemp("examples"))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """An empty database of the sort that is under test."""
    server = os.environ.get("DATABASE_URL")
    if not server:
        yield f"sqlite:///{tmp_path}/out.db"
        return
    name = f"penstock_steps_{uuid.uuid4().hex[:8]}"
    yield postgres.create_database(server, name)
    postgres.drop_database(server, name)


def _driver(server: str) -> sa.URL:
    return sa.make_url(server).set(drivername="postgresql+psycopg2")


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    parsed = sa.make_url(url)
    engine = sa.create_engine(url if parsed.drivername == "sqlite" else _driver(url))
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(query))]
    engine.dispose()
    return found


def write(examples: Examples, url: str, table: Any = None, **params: Any) -> StepRun:
    inputs = {"table": table} if table else None
    return examples.run("core/write_database", params={"database": url, **params}, inputs=inputs)


def test_every_row_arrives_with_its_type(examples: Examples, url: str) -> None:
    made = write(examples, url, mode="append", key=[])
    assert made.code == 0, made.stderr
    assert made.outputs["rows"] == 1461
    ((count, first, warmest),) = rows(url, "SELECT count(*), min(date), max(temp_max) FROM weather")
    assert (count, str(first), warmest) == (1461, "2012-01-01", 35.6)


@pytest.mark.parametrize(
    ("mode", "key", "expected"),
    [("append", [], 2922), ("replace", [], 1461), ("upsert", ["date"], 1461)],
)
def test_writing_twice(
    examples: Examples, url: str, mode: str, key: list[str], expected: int
) -> None:
    for _ in range(2):
        assert write(examples, url, mode=mode, key=key).code == 0
    assert rows(url, "SELECT count(*) FROM weather") == [(expected,)]


def test_upsert_replaces_what_has_the_same_key(
    examples: Examples, url: str, tmp_path: Path
) -> None:
    write(examples, url)
    path = tmp_path / "fix.parquet"
    frame = pd.DataFrame({"date": ["2012-01-01", "2030-01-01"], "wind": [99.0, 1.0]})
    frame["date"] = pd.to_datetime(frame["date"]).dt.date
    frame.to_parquet(path)
    fix = {"path": str(path), "type": "table", "name": "fix"}
    assert write(examples, url, fix).code == 0
    assert rows(url, "SELECT count(*), max(wind) FROM weather") == [(1462, 99.0)]


def test_a_refused_write_changes_nothing(examples: Examples, url: str, tmp_path: Path) -> None:
    write(examples, url)
    path = tmp_path / "other.parquet"
    pd.DataFrame({"date": ["2012-01-01"], "colour": ["red"]}).to_parquet(path)
    made = write(examples, url, {"path": str(path), "type": "table", "name": "other"})
    assert made.error is not None
    assert (
        "The table `weather` has no column `colour`; the columns are `date`"
        in made.error["message"]
    )
    assert rows(url, "SELECT count(*) FROM weather") == [(1461,)]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"mode": "upsert", "key": []}, "Upsert needs key columns"),
        ({"mode": "upsert", "key": ["weather"]}, "rows have the same `weather`"),
        ({"mode": "upsert", "key": ["day"]}, "The rows have no column `day`"),
        ({"database": "mysql://x/y"}, "There is no driver for `mysql` here"),
        ({"database": "not a url"}, "must be a URL"),
        ({"database": "sqlite://"}, "in memory would be gone"),
        ({"database": "sqlite:////proc/x/y.db"}, "/proc/x"),
    ],
)
def test_mistakes_are_explained(examples: Examples, params: dict[str, Any], says: str) -> None:
    made = examples.run("core/write_database", params=params)
    assert made.code == 1
    assert made.error is not None
    assert says in made.error["message"]


def test_only_new_rows(examples: Examples, url: str) -> None:
    new = {"database": url}
    first = examples.run("core/new_rows", params=new)
    assert first.outputs["rows"] == 1461
    write(examples, url)
    assert examples.run("core/new_rows", params=new).outputs["rows"] == 0
    kept = rows(url, "SELECT count(*) FROM weather WHERE weather = 'rain'")[0][0]
    deleted = examples.run(
        "core/sql_query",
        params={
            "database": url,
            "query": "DELETE FROM weather WHERE weather = :w",
            "values": {"w": "rain"},
        },
    )
    assert deleted.code == 0, deleted.stderr
    assert examples.run("core/new_rows", params=new).outputs["rows"] == kept > 0


def test_a_query_reads_back_what_was_written(examples: Examples, url: str) -> None:
    write(examples, url)
    made = examples.run(
        "core/sql_query",
        params={
            "database": url,
            "query": "SELECT weather, count(*) AS days FROM weather WHERE temp_max > :t GROUP BY weather",
            "values": {"t": 30},
        },
    )
    assert made.code == 0, made.stderr
    names = [column["name"] for column in made.outputs["table"]["facts"]["columns"]]
    assert names == ["weather", "days"]
