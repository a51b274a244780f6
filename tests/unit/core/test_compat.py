"""What breaks those who use a component, and what does not: one table of changes."""

from typing import Any

import pytest

from pipelines.core.compat import compare, verdict
from pipelines.core.component import ComponentSpec

from .catalogue import spec


def with_form(required: Any = (), open: bool = False, **properties: Any) -> ComponentSpec:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return spec("x", parameters={**schema, "additionalProperties": open})


def rows(port_type: str) -> tuple[ComponentSpec, ComponentSpec]:
    return spec("x", [f"rows:{port_type}"]), spec("x", outputs=[f"rows:{port_type}"])


CASES: list[tuple[str, ComponentSpec, ComponentSpec, list[tuple[str, str, bool]]]] = [
    ("nothing", spec("x", ["a:table"]), spec("x", ["a:table"]), []),
    # Inputs
    ("removed", spec("x", ["a:table"]), spec("x"), [("inputs.a", "removed", True)]),
    (
        "renamed",
        spec("x", ["a:table"]),
        spec("x", ["b:table"]),
        [("inputs.a", "renamed", True), ("inputs.b", "added_required", True)],
    ),
    ("required", spec("x"), spec("x", ["a:table"]), [("inputs.a", "added_required", True)]),
    ("optional", spec("x"), spec("x", ["a:table?"]), [("inputs.a", "added", False)]),
    (
        "now required",
        spec("x", ["a:text?"]),
        spec("x", ["a:text"]),
        [("inputs.a", "now_required", True)],
    ),
    (
        "now optional",
        spec("x", ["a:text"]),
        spec("x", ["a:text?"]),
        [("inputs.a", "now_optional", False)],
    ),
    (
        "one edge",
        spec("x", ["a:text*"]),
        spec("x", ["a:text"]),
        [("inputs.a", "one_edge", True)],
    ),
    (
        "takes more",
        spec("x", ["a:table"]),
        spec("x", ["a:file"]),
        [("inputs.a", "type_widened", False)],
    ),
    (
        "takes less",
        spec("x", ["a:any"]),
        spec("x", ["a:json"]),
        [("inputs.a", "type_narrowed", True)],
    ),
    (
        "takes an integer",
        spec("x", ["a:integer"]),
        spec("x", ["a:number"]),
        [("inputs.a", "type_widened", False)],
    ),
    # Outputs
    ("output gone", rows("list")[1], spec("x"), [("outputs.rows", "removed", True)]),
    ("output new", spec("x"), rows("list")[1], [("outputs.rows", "added", False)]),
    (
        "gives what fits more places",
        rows("file")[1],
        rows("table")[1],
        [("outputs.rows", "type_widened", False)],
    ),
    (
        "gives what fits fewer places",
        rows("integer")[1],
        rows("number")[1],
        [("outputs.rows", "type_narrowed", True)],
    ),
    # Branches
    (
        "a fixed case gone",
        spec("x", implementation={"cases": ["yes", "no"]}).model_copy(update={"kind": "branch"}),
        spec("x", implementation={"cases": ["yes"]}).model_copy(update={"kind": "branch"}),
        [("cases.no", "removed", True), ("implementation", "implementation_changed", False)],
    ),
    # Parameters
    (
        "parameter gone",
        with_form(a={"type": "string"}),
        with_form(),
        [("parameters.a", "removed", True)],
    ),
    (
        "parameter gone, others are taken",
        with_form(open=True, a={"type": "string"}),
        with_form(open=True),
        [("parameters.a", "removed", False)],
    ),
    ("parameter new", with_form(), with_form(a={}), [("parameters.a", "added", False)]),
    (
        "required without a default",
        with_form(),
        with_form(["a"], a={}),
        [("parameters.a", "added_required", True)],
    ),
    (
        "required with a default",
        with_form(),
        with_form(["a"], a={"default": 1}),
        [("parameters.a", "added", False)],
    ),
    (
        "now required",
        with_form(a={}),
        with_form(["a"], a={}),
        [("parameters.a", "now_required", True)],
    ),
    (
        "default dropped",
        with_form(["a"], a={"default": 1}),
        with_form(["a"], a={}),
        [("parameters.a", "default_dropped", True)],
    ),
    (
        "another default",
        with_form(a={"default": 1}),
        with_form(a={"default": 2}),
        [("parameters.a", "default_changed", False)],
    ),
    (
        "another type",
        with_form(a={"type": "string"}),
        with_form(a={"type": "integer"}),
        [("parameters.a", "type_narrowed", True)],
    ),
    (
        "a wider type",
        with_form(a={"type": "integer"}),
        with_form(a={"type": ["number", "null"]}),
        [("parameters.a", "type_widened", False)],
    ),
    (
        "a choice less, one more",
        with_form(a={"enum": ["x", "y"]}),
        with_form(a={"enum": ["x", "z"]}),
        [("parameters.a", "enum_narrowed", True)],
    ),
    (
        "a choice more",
        with_form(a={"enum": ["x"]}),
        with_form(a={"enum": ["x", "z"]}),
        [("parameters.a", "enum_widened", False)],
    ),
    (
        "only choices",
        with_form(a={}),
        with_form(a={"enum": ["x"]}),
        [("parameters.a", "enum_narrowed", True)],
    ),
    (
        "a higher minimum, a higher maximum",
        with_form(a={"minimum": 1, "maximum": 5}),
        with_form(a={"minimum": 2, "maximum": 6}),
        [("parameters.a", "limit_tightened", True), ("parameters.a", "limit_loosened", False)],
    ),
    (
        "a new limit, one less",
        with_form(a={"minLength": 1}),
        with_form(a={"maxLength": 5}),
        [("parameters.a", "limit_tightened", True), ("parameters.a", "limit_dropped", False)],
    ),
    (
        "a pattern",
        with_form(a={"type": "string"}),
        with_form(a={"type": "string", "pattern": "^x"}),
        [("parameters.a", "pattern_changed", True)],
    ),
    (
        "now an expression",
        with_form(a={"type": "string"}),
        with_form(a={"type": "string", "format": "cel"}),
        [("parameters.a", "format_changed", True)],
    ),
    (
        "deep within a list",
        with_form(a={"type": "array", "items": {"properties": {"b": {"type": "string"}}}}),
        with_form(a={"type": "array", "items": {"properties": {"b": {"type": "boolean"}}}}),
        [("parameters.a.entries.b", "type_narrowed", True)],
    ),
    (
        "behind a reference",
        with_form(a={"type": "string", "maxLength": 5}),
        spec(
            "x",
            parameters={
                **with_form(a={"$ref": "#/$defs/short"}).parameters,
                "$defs": {"short": {"type": "string", "maxLength": 3}},
            },
        ),
        [("parameters.a", "limit_tightened", True)],
    ),
    (
        "a rule that ties values together",
        with_form(a={}, b={}),
        spec("x", parameters={**with_form(a={}, b={}).parameters, "anyOf": [{"required": ["a"]}]}),
        [("parameters", "rule_changed", True)],
    ),
    # What breaks nothing
    (
        "another kind, another implementation, other words",
        spec("x", implementation={"source": "1"}),
        spec("x", implementation={"source": "2"}, docs="New.").model_copy(update={"kind": "shell"}),
        [
            ("kind", "kind_changed", False),
            ("implementation", "implementation_changed", False),
            ("docs", "described", False),
        ],
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_every_change_is_told(
    old: ComponentSpec, new: ComponentSpec, expected: list[tuple[str, str, bool]]
) -> None:
    changes = compare(old, new)
    assert [(each.where, each.what, each.breaking) for each in changes] == expected
    breaking = any(breaks for _, _, breaks in expected)
    assert verdict(old, new) == ("breaking" if breaking else "compatible" if expected else "same")


def test_the_words_name_the_thing_and_what_it_means() -> None:
    renamed, added = compare(spec("x", ["rows:table"]), spec("x", ["data:table"]))
    assert renamed.message == (
        "The input `rows` is gone, and `data` of the same type is new: probably renamed. "
        "Edges to and from it have to be drawn anew."
    )
    assert added.message.startswith("The input `data` is new and required")
    (limit,) = compare(with_form(lr={"maximum": 5}), with_form(lr={"maximum": 1}))
    assert limit.message == "The parameter `lr` must be 1 or less now."


def test_the_first_version_breaks_nobody_and_a_circle_of_references_ends() -> None:
    assert verdict(None, spec("x")) == "first"
    loop = {"type": "object", "properties": {"a": {"$ref": "#"}}}
    changed = {**loop, "properties": {"a": {"$ref": "#"}, "b": {}}}
    assert verdict(spec("x", parameters=loop), spec("x", parameters=changed)) == "compatible"
