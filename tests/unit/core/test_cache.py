"""The key of a result, what it does not depend on, and what a miss says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.cache import Earlier, KeyParts, age_in_words, why_missed

TABLE = {"artifact": "ab" * 32, "type": "table", "name": "a.parquet", "size": 3}
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def key(component: str, params: Any, inputs: Any, environment: str = "") -> str:
    return KeyParts.of(component, params, inputs, environment).key()


def test_key_depends_on_component_parameters_inputs_and_environment():
    keys = {
        key("c1", {"x": 1}, {"t": TABLE}),
        key("c2", {"x": 1}, {"t": TABLE}),
        key("c1", {"x": 2}, {"t": TABLE}),
        key("c1", {"x": "1"}, {"t": TABLE}),
        key("c1", {"x": 1}, {"t": {**TABLE, "artifact": "cd" * 32}}),
        key("c1", {"x": 1}, {"t": [TABLE]}),
        key("c1", {"x": 1}, {"u": TABLE}),
        key("c1", {"x": 1}, {"t": TABLE}, "e1"),
    }
    assert len(keys) == 8


def test_key_does_not_depend_on_order_or_on_a_files_name():
    renamed = {**TABLE, "name": "b.parquet"}
    assert key("c", {"a": 1, "b": 2}, {"t": TABLE}) == key("c", {"b": 2, "a": 1}, {"t": renamed})


def test_key_of_text_that_is_not_valid_unicode():
    assert len(key("c", {"x": "\ud800"}, {})) == 64


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(values, values)
def test_two_values_share_a_key_only_when_they_are_the_same_json(one, other):
    import json

    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (key("c", {"x": one}, {}) == key("c", {"x": other}, {})) is same


@given(st.dictionaries(st.text(max_size=5), values, max_size=4))
def test_parts_are_small_and_survive_being_stored(params):
    parts = KeyParts.of("c", params, {"t": TABLE})
    assert KeyParts.from_json(parts.as_json()) == parts
    assert KeyParts.from_json(parts.as_json()).key() == parts.key()
    assert all(len(text) <= 100 for text in parts.params.values())


PARTS = KeyParts.of("c1", {"rows": 10, "code": "x" * 200}, {"table": TABLE})


def missed(parts: KeyParts = PARTS, *, max_age: float | None = None, **earlier: Any) -> list[str]:
    facts = {
        "number": 3,
        "parts": PARTS,
        "component": "core/sample@1",
        "succeeded": True,
        "ended_at": NOW - timedelta(hours=1),
        **earlier,
    }
    return why_missed(parts, "core/sample@2", Earlier(**facts), looked_at=NOW, max_age=max_age)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (
            KeyParts.of("c1", {"rows": 20, "code": "x" * 200}, {"table": TABLE}),
            "its parameter `rows` was 10, now 20",
        ),
        (
            KeyParts.of("c1", {"rows": 10, "code": "y"}, {"table": TABLE}),
            "its parameter `code` differs",
        ),
        (
            KeyParts.of("c1", {"rows": 10}, {"table": TABLE}),
            "its parameter `code` is gone",
        ),
        (
            KeyParts.of(
                "c1",
                {"rows": 10, "code": "x" * 200},
                {"table": {**TABLE, "artifact": "0" * 64}},
            ),
            "its input `table` differs",
        ),
        (
            KeyParts.of("c2", {"rows": 10, "code": "x" * 200}, {"table": TABLE}),
            "its component was `core/sample@1`, now `core/sample@2`",
        ),
        (
            KeyParts.of("c1", {"rows": 10, "code": "x" * 200}, {"table": TABLE}, "e"),
            "its environment differs: other packages, or other versions of them",
        ),
    ],
)
def test_a_miss_names_the_part_that_differs(parts, why):
    assert missed(parts) == [why]


def test_a_miss_names_every_part_that_differs():
    parts = KeyParts.of("c2", {"rows": 20, "code": "x" * 200}, {"table": TABLE, "more": 1})
    assert missed(parts) == [
        "its component was `core/sample@1`, now `core/sample@2`",
        "its parameter `rows` was 10, now 20",
        "its input `more` is new",
    ]


def test_a_miss_with_the_same_key_says_what_else_was_wrong():
    assert missed(max_age=1800) == ["the last result, of run #3, is older than 30 minutes"]
    assert missed(artifacts_exist=False) == ["the artifacts of run #3 are gone"]
    assert missed(succeeded=False) == ["it did not succeed in run #3"]
    assert missed(ended_at=None) == ["run #3 had not ended it yet"]
    assert missed(ended_at=NOW + timedelta(seconds=1)) == ["run #3 had not ended it yet"]
    assert missed() == ["the result of run #3 could not be used when this run looked for it"]


def test_a_first_run_says_that_it_is_the_first():
    assert why_missed(PARTS, "c@1", None, looked_at=NOW, max_age=None) == [
        "it never ran before with its results kept"
    ]


def test_ages_are_said_in_the_unit_that_fits():
    assert [age_in_words(seconds) for seconds in (604800, 86400, 7200, 5400, 1, 1.5)] == [
        "7 days",
        "1 day",
        "2 hours",
        "90 minutes",
        "1 second",
        "1.5 seconds",
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("a = 1\nb = 2\n", "a = 1\nb = 3\n", "2: it was `b = 2`, now `b = 3`"),
        ("a\n", "a\nb\n", "2: it was empty, now `b`"),
        ("a\n", "a", "2: it was empty, now not there"),
    ],
)
def test_of_a_text_of_several_lines_the_first_other_line_is_told(
    old: str, new: str, says: str
) -> None:
    parts = KeyParts.of("c1", {"code": new}, {})
    earlier = Earlier(1, KeyParts.of("c1", {"code": old}, {}), "core/python@1", True, NOW)
    found = why_missed(parts, "core/python@1", earlier, looked_at=NOW, max_age=None)
    assert found == [f"its parameter `code` differs in line {says}"]
