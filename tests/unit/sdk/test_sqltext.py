"""Which colons in SQL stand for values, and which statements only read."""

import pytest

from pipelines.sdk import sqltext


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT * FROM t WHERE a = :a AND b > :b OR c = :a", ["a", "b"]),
        ("SELECT '12:30', ':x', \"q:y\", d::date FROM t -- :z", []),
        ("SELECT /* :n */ 'it''s :m' || :k", ["k"]),
        ("SELECT a[1:n]", []),
    ],
)
def test_only_real_placeholders_are_bound(sql: str, names: list[str]) -> None:
    assert sqltext.binds(sql) == names


def test_colons_in_text_stay_colons() -> None:
    assert sqltext.escaped("SELECT ':x', :y") == r"SELECT '\:x', :y"


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("select 1", True),
        ("-- delete\nWITH a AS (SELECT 'delete') SELECT * FROM a", True),
        ("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", False),
        ("SELECT * INTO x FROM t", False),
        ("UPDATE t SET a = 1", False),
        ("", False),
    ],
)
def test_statements_that_only_read(sql: str, reads: bool) -> None:
    assert sqltext.only_reads(sql) is reads
