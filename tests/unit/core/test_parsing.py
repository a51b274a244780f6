"""What cannot be read is said in words, with the place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.checks import check, parse
from pipelines.core.parsing import parse_leniently

from .catalogue import CATALOG, chain


def flaw(raw: Any) -> tuple[str, str | None, str | None]:
    _, (problem,) = parse(raw)
    assert problem.code == "malformed"
    return problem.message, problem.node or problem.edge, problem.field


def node(**fields: Any) -> dict[str, Any]:
    return {"name": "x", "nodes": [{"id": "a", "component": "test/read", **fields}]}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"nodes": []}, ("The pipeline: `name` is missing; add it.", None, "name")),
        (
            {"name": "x", "edge": []},
            (
                "The pipeline: `edge` is not a field of the document; did you mean `edges`?",
                None,
                "edge",
            ),
        ),
        (
            {"name": "x", "schema": 2},
            (
                "The pipeline: `schema` must be 1; this document was made for another version of "
                "Penstock.",
                None,
                "schema",
            ),
        ),
        (
            node(retires=3),
            ("`a`: `retires` is not a field of a node; did you mean `retry`?", "a", "retires"),
        ),
        (
            node(title="Read", retry={"max_attempts": 0}),
            (
                "`Read`: `retry.max_attempts` must be greater than or equal to 1, not `0`.",
                "a",
                "retry.max_attempts",
            ),
        ),
        (
            node(timeout="soon"),
            ("`a`: `soon` is not a duration; write 10s, 5m, 1h30m or 2d.", "a", "timeout"),
        ),
        (
            node(resources={"memory": "lots"}),
            (
                "`a`: `lots` is not an amount of memory; write bytes, 512Mi or 4Gi.",
                "a",
                "resources.memory",
            ),
        ),
        (
            node(resources={"cpu": "two"}),
            (
                "`a`: `resources.cpu` is a number of cores over 0, such as 2 or 0.5, not `two`.",
                "a",
                "resources.cpu",
            ),
        ),
        (
            node(resources={"gpu": 0.5}),
            (
                "`a`: `resources.gpu` is a number of whole devices, 0 to 64, not `0.5`.",
                "a",
                "resources.gpu",
            ),
        ),
        (
            node(priority=101),
            (
                "`a`: `priority` is a whole number from -100 to 100, not `101`; higher goes first.",
                "a",
                "priority",
            ),
        ),
        (
            node(pool="Licences!"),
            ("`a`: `Licences!` is not a pool: small letters, digits, - and _.", "a", "pool"),
        ),
        (
            node(cache={"age": "7d"}),
            (
                "`a`: `cache` must be true, false, or an age limit such as {max_age: 7d}.",
                "a",
                "cache",
            ),
        ),
        (
            node(cache={"max_age": "a week"}),
            ("`a`: `a week` is not a duration; write 10s, 5m, 1h30m or 2d.", "a", "cache"),
        ),
        (
            node(run_if="sometimes"),
            (
                "`a`: `run_if` must be one of all_success, all_done, one_success, one_failed, "
                "none_failed, always, not `sometimes`.",
                "a",
                "run_if",
            ),
        ),
        (
            node(params=[1]),
            ("`a`: `params` must be a mapping, not `[1]`.", "a", "params"),
        ),
        (
            {"name": "x", "nodes": [{"id": "a b", "component": "test/read"}]},
            (
                "`a b`: `a b` is not an id: a letter or _, then letters, digits and _, at most 63.",
                "a b",
                "id",
            ),
        ),
        (
            {"name": "x", "nodes": [{"component": "test/read"}]},
            ("Node number 1: `id` is missing; add it.", None, "nodes.0.id"),
        ),
        (
            {"name": "x", "edges": [{"from": "a.b.c", "to": "d"}]},
            (
                "The edge `a.b.c -> d`: `a.b.c` is not an edge end; write `node` or `node.port`.",
                "a.b.c -> d",
                "edges.0.from",
            ),
        ),
        (
            {"name": "x", "parameters": [{"name": "p", "type": "date"}]},
            (
                "The parameter `p`: `type` must be 'string', 'number', 'integer', 'boolean', 'json', "
                "'list', 'table', 'file', 'image', 'model', 'text' or 'any', not `date`.",
                None,
                "parameters.0.type",
            ),
        ),
        (
            {"name": "x", "description": float("nan")},
            (
                "The document cannot be stored: a number is NaN or infinite, which JSON cannot "
                "hold.",
                None,
                None,
            ),
        ),
        (
            ["x"],
            ("The document must be a mapping with `name`, `nodes` and `edges`.", None, None),
        ),
    ],
)
def test_a_flaw_is_told_with_its_owner_and_place(raw: Any, expected: Any) -> None:
    assert flaw(raw) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
paths = st.sampled_from(
    [
        ("name",), ("nodes",), ("edges",), ("parameters",), ("layout",), ("on_failure",),
        ("nodes", 0), ("nodes", 1, "id"), ("nodes", 1, "params"), ("nodes", 0, "component"),
        ("nodes", 2, "retry"), ("nodes", 2, "when"), ("edges", 0), ("edges", 1, "to"),
    ]
)  # fmt: skip


@given(st.lists(st.tuples(paths, json_values), max_size=3))
def test_any_json_in_any_place_gives_problems_and_never_an_error(changes: Any) -> None:
    raw = chain()
    for path, value in changes:
        target: Any = raw
        try:
            for part in path[:-1]:
                target = target[part]
            target[path[-1]] = value
        except (LookupError, TypeError):
            continue
    problems = check(raw, CATALOG)
    parsed = parse_leniently(raw)
    assert all(problem.message.endswith((".", "?")) for problem in problems)
    assert bool(parsed.problems) == (parse(raw)[0] is None)


@given(json_values)
def test_any_json_at_all_gives_problems_and_never_an_error(raw: Any) -> None:
    assert check(raw, CATALOG)
