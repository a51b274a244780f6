"""The SDK outside a run: functions stay functions, handles open, importing costs little."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pipelines import sdk
from pipelines.sdk import Failure, Table, component, log_metric, new_file, report_progress
from pipelines.sdk.reading import fetch
from pipelines.sdk.tables import as_arrow


def test_every_public_name_is_there() -> None:
    assert [name for name in sdk.__all__ if not hasattr(sdk, name)] == []


def test_importing_it_loads_no_library() -> None:
    code = "import sys, pipelines.sdk; print(sorted({'pandas', 'numpy', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_component_is_still_a_function() -> None:
    @component(name="twice", category="Code")
    def double(x: int) -> int:
        return 2 * x

    @component
    def bare() -> int:
        return 1

    assert (double(4), bare()) == (8, 1)


def test_records_are_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    log_metric("loss", 0.5, step=2)
    report_progress(7)
    assert capsys.readouterr().out == (
        '{"metric": "loss", "value": 0.5, "step": 2}\n{"progress": 1.0}\n'
    )
    with pytest.raises(ValueError, match="`loss` is nan"):
        log_metric("loss", float("nan"))


def test_new_files_never_collide() -> None:
    paths = []
    for _ in range(3):
        path = new_file("a/../b?.csv")
        path.write_text("x")
        paths.append(path)
    assert len(set(paths)) == 3
    assert {path.name for path in paths} == {"b_.csv"}


def test_a_table_is_opened_when_asked(tmp_path: Path) -> None:
    table = Table.of(pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="k")))
    assert (table.columns, table.rows) == (["k", "a"], 2)
    assert table.to_pandas()["a"].tolist() == [1, 2]
    assert table.to_arrow(["a"]).column_names == ["a"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (3, "A int cannot be made into a table"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "these are repeated: `a`"),
        (pd.DataFrame({"a": [1, "x"]}), "have no common type"),
    ],
)
def test_what_is_no_table_is_refused(data: object, says: str) -> None:
    with pytest.raises(Failure, match=says):
        as_arrow(data)


def test_fetching_is_limited(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="No file was given"):
        fetch(" ")
    with pytest.raises(Failure, match="There is no file"):
        fetch(str(tmp_path / "no.csv"))
