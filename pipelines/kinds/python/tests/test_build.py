"""What a source says about its component, and what is refused, without running any of it."""

from textwrap import dedent
from typing import Any

import pytest

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry


def build(source: str, **fields: Any) -> ComponentSpec:
    return registry.build("python", {"source": dedent(source), "namespace": "acme", **fields})


def refusal(source: str, **fields: Any) -> tuple[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        build(source, **fields)
    problem = caught.value.problems[0]
    return problem.code, problem.message


def ports(spec: ComponentSpec) -> tuple[dict[str, str], dict[str, str]]:
    return {p.name: p.type for p in spec.inputs}, {p.name: p.type for p in spec.outputs}


def test_hints_are_ports_and_parameters() -> None:
    spec = build('''
        from pathlib import Path
        from typing import Annotated, Any, Literal
        import pandas as pd
        import pyarrow as pa
        from pipelines.sdk import Image, Json, Model, Param, Table, Text, component

        Rate = Annotated[float, Param(title="Rate", minimum=0, exclusive_maximum=1)]

        @component(name="mix", title="Mix it", category="Train", icon="blend")
        def mix_all(
            a: Table, b: pd.DataFrame, c: "pa.Table", d: Path, e: Model, f: Image, g: Text,
            h: str, i: int, j: float, k: bool, l: dict[str, Any], m: list[int], n: Json, o,
            many: list[Table], maybe: Table | None = None, *,
            rate: Rate = 0.5, mode: Literal["x", "y"], tags: list[str] = ("p",),
            limit: int | None = None,
        ) -> Model:
            """Mix everything.

            In a large bowl.

            Args:
                a: The first.
                limit: How much
                    at most.

            Returns:
                What came out.
            """
    ''')
    inputs, outputs = ports(spec)
    assert inputs == {
        "a": "table", "b": "table", "c": "table", "d": "file", "e": "model", "f": "image",
        "g": "text", "h": "string", "i": "integer", "j": "number", "k": "boolean", "l": "json",
        "m": "list", "n": "json", "o": "any", "many": "table", "maybe": "table",
    }  # fmt: skip
    assert outputs == {"model": "model"}
    assert (spec.name, spec.title, spec.category, spec.icon) == ("mix", "Mix it", "Train", "blend")
    assert (spec.summary, spec.docs) == ("Mix everything.", "In a large bowl.")
    assert spec.outputs[0].help == "What came out."
    by_name = {port.name: port for port in spec.inputs}
    assert by_name["a"].help == "The first."
    assert by_name["many"].multiple
    assert not by_name["maybe"].required
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "rate": {
                "type": "number", "title": "Rate", "minimum": 0, "exclusiveMaximum": 1, "default": 0.5,
            },
            "mode": {"type": "string", "enum": ["x", "y"], "title": "Mode"},
            "tags": {
                "type": "array", "items": {"type": "string"}, "title": "Tags", "default": ["p"],
            },
            "limit": {"type": "integer", "title": "Limit", "description": "How much at most."},
        },
        "required": ["mode"],
        "additionalProperties": False,
    }  # fmt: skip


def test_a_named_tuple_is_several_outputs() -> None:
    spec = build('''
        from typing import NamedTuple
        from pipelines.sdk import Table, Json

        class Parts(NamedTuple):
            """Two.

            Attributes:
                rest: What is left.
            """
            table: Table
            rest: Json

        def split(table: Table) -> Parts: ...
    ''')
    assert ports(spec)[1] == {"table": "table", "rest": "json"}
    assert spec.outputs[1].help == "What is left."


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("-> None", {}),
        ("", {"result": "any"}),
        ("-> int", {"result": "integer"}),
        ("-> 'Table'", {"table": "table"}),
    ],
)
def test_single_outputs_are_named_by_what_they_are(
    annotation: str, expected: dict[str, str]
) -> None:
    spec = build(f"from pipelines.sdk import Table\ndef f(){annotation}: ...")
    assert ports(spec)[1] == expected


def test_the_source_is_never_run() -> None:
    spec = build("raise SystemExit('ran')\ndef f(x: int) -> int: ...")
    assert spec.full_name == "acme/f"


def test_examples_are_yaml() -> None:
    spec = build('''
        def f(x: int = 1, *, n: int = 2):
            """Do.

            Examples:
                Three of them:
                    params: {n: 3}
                    inputs: {x: 4}
            """
    ''')
    example = spec.examples[0]
    assert (example.title, example.params, example.inputs) == ("Three of them", {"n": 3}, {"x": 4})


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("def f(:\n  pass", "syntax_error", "line 1"),
        ("x = 1", "no_function", "no function"),
        ("def f(): ...\ndef g(): ...", "no_function", "`f`, `g`"),
        ("def f(x: Tabel): ...", "unknown_hint", "line 1: the type hint `Tabel` is not known"),
        ("def f(x: Table): ...", "unknown_hint", "from pipelines.sdk import Table"),
        ("def f(*, x: set[int]): ...", "unknown_hint", "set[int]"),
        ("from pipelines.sdk import Table\ndef f(*, x: Table): ...", "unknown_hint", "before the *"),
        ("def f(*, x=len('a')): ...", "bad_default", "must be a literal"),
        ("def f(*args): ...", "bad_signature", "*args"),
        ("async def f(): ...", "bad_signature", "async"),
        ("def f(*, x: int = 'a'): ...", "bad_default", "breaks its own rules"),
        ("from typing import Annotated\nfrom pipelines.sdk import Param\ndef f(*, x: Annotated[int, Param(maxi=3)]): ...", "unknown_hint", "`Param` has no `maxi`"),
        ('def f():\n    """Do.\n\n    Examples:\n        [1\n    """', "bad_example", "YAML"),
        ("def F9__(): ...\n", "bad_component", "name"),
        ("", "no_function", "no function"),
        ("def f(*, x={1, 2}): ...", "bad_default", "JSON can hold"),
        ("def f(*, x=1e999): ...", "bad_default", "JSON can hold"),
        ("A = B\nB = A\ndef f(x: A): ...", "unknown_hint", "in a circle"),
        ("def f(x: " + "int | " * 5000 + "str): ...", "syntax_error", "cannot be read"),
        ("from typing import Literal\ndef f(*, x: Literal[b'a']): ...", "unknown_hint", "literal"),
    ],
)  # fmt: skip
def test_refusals_say_what_and_where(source: str, code: str, says: str) -> None:
    name = {"name": "not a name"} if code == "bad_component" else {}
    found, message = refusal(source, **name)
    assert found == code
    assert says in message


def test_a_spec_that_lies_about_its_function_is_refused() -> None:
    spec = build("def f(x: int, *, n: int = 1) -> int: ...")
    lying = spec.model_copy(
        update={"inputs": [], "parameters": {"type": "object", "properties": {"m": {}}}}
    )
    messages = [problem.message for problem in registry.check(lying)]
    assert messages == [
        "the input `x` is in the function but not in the spec of `f`",
        "the parameter `m` is in the spec but not in `f`",
        "the parameter `n` is in the function but not in the spec of `f`",
    ]


@pytest.mark.parametrize(
    ("source", "pool"),
    [
        ("def f(x: int) -> int: ...", "lean"),
        ("def f(x): ...", "lean"),
        ("def f(x):\n    import pandas\n", "data"),
        ("from pipelines.sdk import Table\ndef f(x: Table) -> int: ...", "data"),
        ("from sklearn import svm\ndef f(x: int) -> int: ...", "data"),
    ],
)
def test_the_warm_pool_is_the_smallest_that_does(source: str, pool: str) -> None:
    assert registry.preload(build(source)) == pool


NODE = ComponentSpec(
    namespace="core",
    name="python",
    kind="python",
    inputs=[{"name": "data", "type": "any"}, {"name": "extra", "type": "any", "required": False}],
    outputs=[{"name": "result", "type": "any"}],
    parameters={"type": "object", "properties": {"code": {"type": "string"}}},
    implementation={"source_parameter": "code"},
)


@pytest.mark.parametrize(
    ("code", "fed", "found"),
    [
        ("def f(data=None):\n    return data", set(), None),
        ("def help():\n    pass\ndef run(data):\n    return data", {"data"}, None),
        ("${{ params.code }}", set(), None),
        ("", set(), None),
        ("def f(:", set(), ("syntax_error", "line 1: the source is not valid Python")),
        ("x = 1", set(), ("no_function", "the source has no function")),
        (
            "def a():\n    pass\ndef b():\n    pass",
            set(),
            ("no_function", "several functions (`a`, `b`); call the one that counts `run`"),
        ),
        ("async def f():\n    pass", set(), ("bad_signature", "line 1: `f` is async")),
        ("def f(data):\n    pass", {"extra"}, ("missing_input", "`f` needs `data`; connect an")),
        (
            "def f(rows):\n    pass",
            {"data"},
            ("unknown_port", "`f` takes `rows`, but the inputs here are `data` and `extra`"),
        ),
        ("def f(*, size):\n    pass", set(), ("missing_parameter", "a value for `size`")),
    ],
)
def test_what_cannot_run_is_told_before_the_run(
    code: str, fed: set[str], found: tuple[str, str] | None
) -> None:
    problems = registry.check_node(NODE, {"code": code}, fed)
    if found is None:
        assert problems == []
        return
    (problem,) = problems
    assert (problem.code, problem.field) == (found[0], "params.code")
    assert found[1] in problem.message
