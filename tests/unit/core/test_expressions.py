"""`when` and `${{ }}`: what they see, what they give, how they fail."""

import contextlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.core.expressions import (
    ExpressionError,
    check_syntax,
    check_template,
    evaluate,
    has_template,
    references,
    render,
    template_references,
)

SCOPE: dict[str, Any] = {
    "params": {"n": 3, "rate": 0.5, "who": "Ada", "list": [1, 2, 3], "nothing": None},
    "nodes": {
        "train": {"outputs": {"accuracy": 0.93, "model": {"artifact": "ab"}}, "state": "success"},
        "check": {"outputs": {}, "state": "skipped"},
    },
    "run": {"id": "r-1", "number": 7},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("params.n", 3),
        ("params.nothing", None),
        ("nodes.train.outputs.model.artifact", "ab"),
        ("nodes['train'].outputs.accuracy > 0.9 && params.n >= 2.5", True),
        ("nodes.check.state == 'skipped' ? 'none' : params.who", "none"),
        ("has(nodes.check.outputs.x)", False),
        ("params.list.map(x, x * params.n)", [3, 6, 9]),
        ("params.list.filter(x, x > 1).size()", 2),
        ("double(params.n) * params.rate", 1.5),
        ("'run ' + string(run.number)", "run 7"),
        ("{'a': {'b': params.n}}", {"a": {"b": 3}}),
        ("timestamp('2026-11-23T06:00:00Z')", "2026-11-23T06:00:00+00:00"),
        ("duration('90s')", 90.0),
    ],
)
def test_an_expression_has_a_value(expression: str, value: Any) -> None:
    assert check_syntax(expression) is None
    assert evaluate(expression, SCOPE) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "the expression is empty; write one such as `params.name`"),
        ("1 +", "`1 +` is not an expression: at character 4, it ends too early"),
        ("params.n = 1", "`params.n = 1` is not an expression: at character 10, write `==` instead of `=`"),
        ("not params.n", "`not params.n` is not an expression: at character 5, write `!` instead of `not`"),
        ("params.n and true", "`params.n and true` is not an expression: at character 10, write `&&` instead of `and`"),
        ("params.n == None", "`None` is not known in `params.n == None`; write `null`"),
        ("n > 1", "`n` is not known in `n > 1`; use `params.…`, `nodes.….outputs.…` or `run.…`"),
        ("'open", "`'open` is not an expression: at character 1, a text is not closed with a quote"),
    ],
)  # fmt: skip
def test_a_slip_is_explained(expression: str, message: str) -> None:
    assert check_syntax(expression) == message


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("open('/etc/passwd')", "`open` in `open('/etc/passwd')` is not a function"),
        ("params.who.upper()", "`upper` in"),
        ("params.list.map(nodes, nodes + 1)", "`nodes` cannot be the variable of a loop"),
        ("1" * 5000, "at most 4,096"),
        ("(" * 300 + "1" + ")" * 300, "is not an expression"),
        ("params.list.map(a, [1].map(b, [1].map(c, [1].map(d, d))))", "nests more than 3 loops"),
    ],
)
def test_what_is_not_allowed_is_refused_before_it_runs(expression: str, words: str) -> None:
    assert words in str(check_syntax(expression))
    with pytest.raises(ExpressionError):
        evaluate(expression, SCOPE)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("params.zz", "`params.zz` has no value: `params` has no `zz`, only `n`, `rate`, `who`, `list`, `nothing`"),
        ("nodes.check.outputs.x", "`nodes.check.outputs.x` has no value: `nodes.check.outputs` has no `x`, only nothing"),
        ("params.who.first", "`params.who.first` has no value: `params.who` is not a mapping"),
        ("nodes.check.outputs.x > 1", "`nodes.check.outputs.x > 1` has no value: there is no `x`"),
        ("params.list[9]", "`params.list[9]` has no value: no element 9"),
        ("params.n / 0", "`params.n / 0` divides by zero"),
        ("params.n * params.rate", "`params.n * params.rate` mixes types that do not go together; convert with double(…), int(…) or string(…), for example `double(params.n) * 0.5`"),
        ("9223372036854775807 + 1", "`9223372036854775807 + 1` leaves the range of 64-bit whole numbers"),
        ("b'raw'", "`b'raw'` gives bytes, which has no JSON form; use string(…)"),
        ("double('inf') + 0.0", "`double('inf') + 0.0` gives inf, which is not a number for JSON"),
    ],
)  # fmt: skip
def test_a_failure_says_what_is_missing(expression: str, message: str) -> None:
    with pytest.raises(ExpressionError) as failed:
        evaluate(expression, SCOPE)
    assert str(failed.value) == message


def test_loops_over_large_values_are_refused_instead_of_hanging() -> None:
    scope = {"params": {"l": list(range(20_000)), "s": list(range(2_000)), "t": "x" * 2**20}}
    assert evaluate("params.s.map(a, a + 1).size()", scope) == 2_000
    assert evaluate("params.l.all(a, a < 20000)", scope)
    with pytest.raises(ExpressionError, match="at most 5,000 here"):
        evaluate("params.l.map(a, a + 1).size()", scope)
    with pytest.raises(ExpressionError, match="at most 292 here"):
        evaluate("params.s.map(a, params.s.filter(b, b == a))", {"params": {"s": [1] * 350}})
    with pytest.raises(ExpressionError, match="would loop about 400,000,000 times"):
        evaluate("params.l.map(a, params.l.filter(b, b == a).size())", scope)
    with pytest.raises(ExpressionError, match="too large a value"):
        evaluate("params.l.map(a, params.l + params.l).size()", scope)
    with pytest.raises(ExpressionError, match="too large a value"):
        evaluate(" + ".join(["params.t"] * 100), scope)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("params.a + nodes.x.outputs.y", ["params.a", "nodes.x.outputs.y"]),
        ("nodes['x'].outputs[\"y\"].deep > 1", ["nodes.x.outputs.y"]),
        ("nodes.x.state == 'nodes.z.state' // nodes.q", ["nodes.x.state"]),
        ("params.list.map(i, i.params.zz).size()", ["params.list"]),
        ("params.who.size() > 1", ["params.who"]),
        ("size(params)", ["params"]),
        ("nodes[params.which].state", ["nodes", "params.which"]),
        ("'''nodes.a''' + r'\\' + params.b", ["params.b"]),
        ("1 + ", []),
    ],
)
def test_references_are_found_without_evaluating(expression: str, found: list[str]) -> None:
    assert [str(reference) for reference in references(expression)] == found


@pytest.mark.parametrize(
    ("value", "rendered"),
    [
        ("plain", "plain"),
        ("${{ params.list }}", [1, 2, 3]),
        ("  ${{ params.n }}", "  3"),
        ("${{params.n}}/${{ params.nothing }}/${{ 1.5 > 1.0 }}", "3/null/true"),
        ({"a": ["${{ run.id }}", 1, {"b": "x${{ params.list }}"}]}, {"a": ["r-1", 1, {"b": "x[1,2,3]"}]}),
        ("${{ {'a': {'b': 1}} }}!", '{"a":{"b":1}}!'),
        ("${{ '}}' + \"${{\" }}", "}}${{"),
        ("$ { {", "$ { {"),
        (5, 5),
    ],
)  # fmt: skip
def test_templates_are_rendered_at_any_depth(value: Any, rendered: Any) -> None:
    assert check_template(value) == []
    assert render(value, SCOPE) == rendered


def test_a_broken_template_is_told_and_looks_at_nothing() -> None:
    value = {"a": "${{ params.n", "b": ["${{ 1 + }}", "${{ params.who }}"]}
    assert has_template(value)
    assert len(check_template(value)) == 2
    assert [str(found) for found in template_references(value)] == ["params.who"]
    with pytest.raises(ExpressionError, match="never closed"):
        render(value, SCOPE)


words = st.sampled_from(
    [
        "params", "nodes", ".n", ".list", "[0]", "['a']", "(", ")", " + ", " - ", "!", "1", "2.5",
        "'x'", '"', "'", ".map(x, x)", ".filter(", "size(", " in ", "{", "}", ":", ",", "?", "null",
        "timestamp(", "duration(", "matches(", "uint(", "int('", "b'", "r'", "//", "\\", "é", "\x00",
    ]
)  # fmt: skip


@given(st.lists(words, max_size=12).map("".join) | st.text(max_size=40))
@example("timestamp('9999-99-99')")
@example("duration('99999999999999999h')")
@example("timestamp('2026-01-01T00:00:00Z') + duration('9000000000s') + duration('9000000000s')")
@example("int(1e300)")
@example("-(-9223372036854775808)")
@example("'a'.matches('(')")
@example("[1][-1]")
@example("{1: 2}[{}]")
def test_whatever_is_written_there_is_a_value_or_an_explanation(text: str) -> None:
    references(text)
    attempts = (lambda: evaluate(text, SCOPE), lambda: render(f"${{{{ {text} }}}}", SCOPE))
    for attempt in attempts:
        with contextlib.suppress(ExpressionError):
            attempt()
    if check_syntax(text) is not None:
        with pytest.raises(ExpressionError):
            evaluate(text, SCOPE)
