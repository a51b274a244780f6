"""Running a function: values in, outputs out, and errors that show the user's code alone."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.steps import StepRun

Run = Callable[..., StepRun]


@pytest.fixture
def weather(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "weather.parquet"
    pd.DataFrame({"day": [1, 2, 3], "rain": [0.0, 4.5, None]}).to_parquet(path)
    return {"path": str(path), "type": "table", "name": "weather.parquet"}


def test_values_and_parameters(run_source: Run) -> None:
    made = run_source(
        "def f(x: int, y: float = 0.5, *, n: int = 2, names: list[str] = ()) -> dict:\n"
        "    return {'sum': (x + y) * n, 'names': list(names)}",
        {"x": 4}, n=3,
    )  # fmt: skip
    assert made.code == 0
    assert made.outputs == {"result": {"sum": 13.5, "names": []}}


@pytest.mark.parametrize(
    "body",
    [
        "import pandas as pd\ndef f(t: pd.DataFrame) -> pd.DataFrame:\n    return t[t['rain'] > 0]",
        "import pyarrow as pa, pyarrow.compute as pc\ndef f(t: pa.Table) -> pa.Table:\n    return t.filter(pc.field('rain') > 0)",
        "from pipelines.sdk import Table\ndef f(t: Table) -> Table:\n    d = t.to_pandas()\n    return Table.of(d[d['rain'] > 0])",
        "from pathlib import Path\nfrom pipelines.sdk import Table\nimport pandas as pd\ndef f(t: Path) -> Table:\n    d = pd.read_parquet(t)\n    return d[d['rain'] > 0]",
        "def f(t):\n    return t[t['rain'] > 0]",
    ],
)  # fmt: skip
def test_a_table_comes_in_the_form_that_is_asked_for(
    run_source: Run, weather: dict[str, str], body: str
) -> None:
    made = run_source(body, {"t": weather})
    assert made.code == 0, made.stderr
    (output,) = made.outputs.values()
    assert output["type"] == "table"
    assert output["facts"] == {
        "rows": 1,
        "columns": [{"name": "day", "type": "int64"}, {"name": "rain", "type": "double"}],
    }
    assert Path(output["path"]).parent == made.artifacts
    assert pq.read_table(output["path"]).to_pydict() == {"day": [2], "rain": [4.5]}


def test_several_inputs_arrive_as_a_list_in_order(run_source: Run, weather: dict[str, str]) -> None:
    source = (
        "from pipelines.sdk import Json, Table\n"
        "def f(tables: list[Table], values: list[Json]) -> dict:\n"
        "    return {'rows': [t.rows for t in tables], 'values': values}"
    )
    made = run_source(source, {"tables": [weather, weather], "values": [{"a": 1}, 2]})
    assert made.outputs["result"] == {"rows": [3, 3], "values": [{"a": 1}, 2]}


def test_models_travel_with_their_facts(run_source: Run, run: Run) -> None:
    made = run_source(
        "from sklearn.linear_model import LinearRegression\nfrom pipelines.sdk import Model\n"
        "def f() -> Model:\n"
        "    m = LinearRegression().fit([[1.0], [2.0]], [2.0, 4.0])\n"
        "    return Model.of(m, {'target': 'y'})"
    )
    assert made.outputs["model"]["facts"] == {"estimator": "LinearRegression", "target": "y"}
    used = run_source(
        "from pipelines.sdk import Model\n"
        "def f(model: Model) -> dict:\n"
        "    m = model.load()\n"
        "    return {'y': m.predict([[3.0]])[0], 'facts': model.facts}",
        {"model": made.as_input("model")},
    )
    assert used.outputs["result"]["y"] == pytest.approx(6.0)
    assert used.outputs["result"]["facts"]["target"] == "y"


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("__import__('matplotlib.figure', fromlist=['Figure']).Figure()", "image"),
        ("__import__('pandas').DataFrame({'a': [1]})", "table"),
        ("__import__('pathlib').Path('made.txt')", "file"),
        ("__import__('sklearn.svm', fromlist=['SVC']).SVC()", "model"),
    ],
)
def test_what_any_port_carries_is_found_out(run_source: Run, expression: str, kind: str) -> None:
    made = run_source(f"def f():\n    open('made.txt', 'w').write('x')\n    return {expression}")
    assert made.code == 0, made.stderr
    assert made.outputs["result"]["type"] == kind


def test_large_values_become_artifacts_of_the_same_type(run_source: Run) -> None:
    made = run_source(
        "from pipelines.sdk import Text\ndef f() -> Text:\n    return 'é' * 1_000_000"
    )
    output = made.outputs["text"]
    assert (output["type"], Path(output["path"]).stat().st_size) == ("text", 2_000_000)
    back = run_source(
        "from pipelines.sdk import Text\ndef f(t: Text) -> int:\n    return len(t)",
        {"t": made.as_input("text")},
    )
    assert back.outputs == {"result": 1_000_000}


def test_an_input_that_is_handed_on_stays_where_it_is(
    run_source: Run, weather: dict[str, str]
) -> None:
    made = run_source(
        "from pipelines.sdk import Table\ndef f(t: Table) -> Table:\n    return t", {"t": weather}
    )
    assert Path(weather["path"]).exists()
    assert Path(made.outputs["table"]["path"]).parent == made.artifacts
    assert made.outputs["table"]["facts"]["rows"] == 3


def test_tracebacks_show_the_users_own_frames_and_line(run_source: Run) -> None:
    made = run_source(
        "import json\n"
        "def helper(text):\n"
        "    return json.loads(text)\n"
        "def broken():\n"
        "    pass\n"
        "from pipelines.sdk import component\n"
        "@component\n"
        "def f():\n"
        "    return helper('{')\n"
    )
    assert made.code == 1
    error = made.error
    assert error is not None
    assert (error["kind"], error["line"]) == ("exception", 3)
    assert error["message"].startswith("json.decoder.JSONDecodeError: Expecting")
    assert "File \"<t/f>\", line 9, in f\n    return helper('{')" in error["traceback"]
    assert 'File "<t/f>", line 3, in helper\n    return json.loads(text)' in error["traceback"]
    assert "json/decoder" not in error["traceback"]
    assert "pipelines" not in error["traceback"]
    assert error["traceback"] in made.stderr


@pytest.mark.parametrize(
    ("body", "kind", "says", "line"),
    [
        ("    raise Failure('No rain today.')", "exception", "No rain today.", 3),
        ("    import sys; sys.exit(3)", "exit", "sys.exit(3)", 3),
        ("    return {'loss': float('nan')}", "output", "`result.loss` is nan", None),
        ("    return {'a': object()}", "output", "`result.a` is a object", None),
        ("    raise MemoryError", "memory", "MemoryError", 3),
        ("    x = []; x.append(x); return x", "output", "nested deeper", None),
    ],
)
def test_failures_say_what_happened(
    run_source: Run, body: str, kind: str, says: str, line: int | None
) -> None:
    made = run_source(f"from pipelines.sdk import Failure\ndef f():\n{body}\n")
    assert made.code == 1
    error = made.error
    assert error is not None
    assert (error["kind"], error["line"]) == (kind, line)
    assert says in error["message"]
    assert made.outputs == {}


@pytest.mark.parametrize(
    ("source", "permanent"),
    [
        ("import nothing_of_the_kind\ndef f():\n    return 1\n", True),
        ("def f():\n    return unknown\n", True),
        ("def f():\n    return eval('1 +')\n", True),
        ("def f():\n    return open('/not/there')\n", False),
        ("def f():\n    return [][0]\n", False),
    ],
)
def test_wrong_code_is_told_from_what_another_try_may_mend(
    run_source: Run, source: str, permanent: bool
) -> None:
    error = run_source(source).error
    assert error is not None
    assert error["permanent"] is permanent


def test_a_missing_module_says_where_to_name_its_package(run: Run, run_source: Run) -> None:
    code = "import nothing_of_the_kind\ndef f():\n    return 1\n"
    error = run_source(code).error
    assert error is not None
    assert (
        "name the package that brings `nothing_of_the_kind` in the component's" in error["message"]
    )
    of_a_node = {
        "kind": "python",
        "outputs": [{"name": "result", "type": "any"}],
        "parameters": {"properties": {"code": {"type": "string"}}},
        "implementation": {"source_parameter": "code"},
    }
    error = run(of_a_node, code=code).error
    assert error is not None
    assert "at the top of the code (`# /// script`" in error["message"]


def test_a_promised_type_is_held(run_source: Run) -> None:
    made = run_source("def f() -> int:\n    return 'three'")
    assert made.error is not None
    assert made.error["message"] == (
        "output `result` should be integer, but the component returned a str: 'three'"
    )


def test_printing_metrics_and_progress(run_source: Run) -> None:
    made = run_source(
        "from pipelines.sdk import log_metric, report_progress\n"
        "def f() -> None:\n"
        "    print('hello')\n"
        "    log_metric('loss', 0.25, step=3)\n"
        "    log_metric({'a': 1, 'b': 2.5})\n"
        "    report_progress(0.5)\n"
    )
    assert made.stdout.splitlines()[0] == "hello"
    assert made.records == [
        {"metric": "loss", "value": 0.25, "step": 3},
        {"metric": {"a": 1.0, "b": 2.5}},
        {"progress": 0.5},
    ]
    assert made.outputs == {}


def test_dataclasses_and_future_annotations_work(run_source: Run) -> None:
    source = dedent("""
        from __future__ import annotations
        from dataclasses import dataclass
        from datetime import date

        @dataclass
        class Point:
            x: int
            day: date

        from pipelines.sdk import component, Json

        @component(name="point")
        def make(*, x: int = 1) -> Json:
            return [Point(x, date(2026, 11, 23)), {1, 2}, (3,)]
    """)
    made = run_source(source, x=5)
    assert made.outputs == {"result": [{"x": 5, "day": "2026-11-23"}, [1, 2], [3]]}


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"n": "x"}, "the parameter `n` must be integer, not 'x'"),
        ({"n": 11}, "the parameter `n` must be at most 10, not 11"),
        ({"n": 1, "m": 2}, "there is no parameter `m`"),
        ({}, "the parameter `n` has no value"),
    ],
)
def test_parameters_are_checked_once_more(
    run_source: Run, params: dict[str, object], says: str
) -> None:
    made = run_source(
        "from typing import Annotated\nfrom pipelines.sdk import Param\n"
        "def f(*, n: Annotated[int, Param(maximum=10)]) -> int:\n    return n",
        **params,
    )
    assert made.error is not None
    assert (made.error["kind"], made.error["message"]) == ("setup", says)
