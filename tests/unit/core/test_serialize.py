"""YAML and JSON in, one canonical form and one hash out."""

import json
from typing import Any

import pytest
import yaml as plain_yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.document import Definition
from pipelines.core.problems import InvalidDefinition
from pipelines.core.serialize import (
    canonical_json,
    content_hash,
    dump_yaml,
    load,
    spec_digest,
    to_document,
)

from .catalogue import CLEAN, READ, chain, document

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(
        ["yes", "no", "on", "1e3", "0o17", "1:30", "2026-11-23", "~", "", "<<", "=", "a\nb\n"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(texts, values, min_size=1))
def test_a_document_survives_yaml_and_json(document: dict[str, Any]) -> None:
    assert load(json.dumps(document)) == document
    assert load(dump_yaml(document)) == document


@given(st.dictionaries(texts, values, min_size=1))
def test_other_yaml_readers_see_the_same_texts(document: dict[str, Any]) -> None:
    """What another program reads as YAML 1.1 must not turn our texts into something else."""

    def leaves(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for part in value.values() for text in leaves(part)]
        if isinstance(value, list):
            return [text for part in value for text in leaves(part)]
        return [value] if isinstance(value, str) else []

    assert leaves(plain_yaml.safe_load(dump_yaml(document))) == leaves(document)


def test_yaml_is_read_as_version_1_2() -> None:
    text = "{name: no, at: 12:30, day: 2026-11-23, octal: 0o17, plain: 010, e: 1e3, 3: x, on: true}"
    assert load(text) == {
        "name": "no",
        "at": "12:30",
        "day": "2026-11-23",
        "octal": 15,
        "plain": 10,
        "e": 1000.0,
        "3": "x",
        "on": True,
    }


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "malformed", "must be a mapping"),
        ("- a", "malformed", "must be a mapping"),
        ("a: ]", "malformed", "line 1, column 4"),
        ('{"a": 1, "a": 2}', "malformed", "`a` stands twice"),
        ("a: 1\na: 2\n", "malformed", "line 2, column 1: `a` stands twice"),
        ("a: !!python/object:os.system x", "malformed", "line 1, column 4"),
        ("a: .nan", "malformed", "NaN or infinite"),
        ('{"a": "\\u0000"}', "malformed", "NUL"),
        ('{"a": "\\ud800"}', "malformed", "lone surrogate"),
        (b"\xff\xfe\xfa", "malformed", "UTF-8"),
        ("a: &x [*x]", "malformed", "holds itself"),
        ("{a: " + "[" * 70 + "]" * 70 + "}", "malformed", "nested more than 64"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "malformed", "nested more than 64"),
        ("a: " + "x" * 2**20, "too_large", "at most 1,048,576"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(text: Any, code: str, words: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        load(text)
    (problem,) = refused.value.problems
    assert problem.code == code
    assert words in problem.message


def test_a_small_text_cannot_unfold_into_a_flood() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(InvalidDefinition, match="unfolds to more than"):
        load("\n".join(lines))


def test_literal_backslashes_are_not_mistaken_for_a_nul() -> None:
    assert canonical_json({"path": r"C:\u0000"}) == r'{"path":"C:\\u0000"}'
    with pytest.raises(ValueError, match="NUL"):
        canonical_json("\\\0")


def test_layout_and_written_defaults_change_no_hash() -> None:
    plain = chain()
    same = json.loads(json.dumps(plain))
    same["layout"] = {"read": [3, 4]}
    same["on_failure"] = "stop"
    same["nodes"][0] |= {"cache": False, "retry": {"max_attempts": 1}, "timeout": None}
    same["nodes"].reverse()
    assert content_hash(same) == content_hash(plain)


def test_cache_false_means_something_only_where_the_pipeline_caches() -> None:
    plain, off = chain(), chain()
    off["nodes"][0]["cache"] = False
    assert content_hash({**off, "cache": True}) != content_hash({**plain, "cache": True})
    document = to_document(Definition.model_validate({**off, "cache": {"max_age": "7d"}}))
    assert (document["cache"], document["nodes"][0]["cache"]) == ({"max_age": "7d"}, False)
    assert content_hash(Definition.model_validate(plain)) == content_hash(plain)


def test_whole_numbers_hash_alike_as_a_browser_writes_them() -> None:
    def hashed(value: Any) -> str:
        return content_hash(document({"id": "a", "component": "test/read", "params": {"p": value}}))

    assert hashed(1.0) == hashed(1)
    assert len({hashed(value) for value in (1, 1.5, "1", True, None, [1])}) == 6


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(name="other"),
        lambda raw: raw["nodes"][0]["params"].update(path="y.csv"),
        lambda raw: raw["nodes"][0].update(timeout="10s"),
        lambda raw: raw["edges"].pop(),
        lambda raw: raw.update(parameters=[{"name": "p"}]),
    ],
)
def test_what_means_something_else_hashes_differently(change: Any) -> None:
    raw = chain()
    change(raw)
    assert content_hash(raw) != content_hash(chain())


def test_the_order_of_edges_counts_only_into_one_port() -> None:
    def hashed(*edges: str) -> str:
        nodes = ("a test/read", "b test/read", "j test/join", "c test/clean")
        return content_hash(document(*nodes, edges=edges))

    into_c = "a.table -> c.data"
    one, two = "a.table -> j.tables", "b.table -> j.tables"
    assert hashed(one, two, into_c) == hashed(into_c, one, two)
    assert hashed(one, two) != hashed(two, one)


def test_a_document_is_written_short_and_reads_back() -> None:
    raw = chain()
    raw["nodes"][0] |= {"timeout": "1h30m", "retry": {"max_attempts": 3}}
    definition = Definition.model_validate(raw)
    assert to_document(definition) == raw
    assert Definition.model_validate(to_document(definition)) == definition


def test_a_spec_is_known_by_its_digest() -> None:
    assert spec_digest(READ) == spec_digest(READ.model_validate(READ.model_dump(mode="json")))
    assert spec_digest(READ) != spec_digest(CLEAN)
