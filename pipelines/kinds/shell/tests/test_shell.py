"""Commands: variables in, files out, both streams passed on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry
from tests.support.steps import StepRun

Run = Callable[..., StepRun]


def build(command: str, **fields: Any) -> ComponentSpec:
    return registry.build("shell", {"name": "sh", "namespace": "t", "command": command, **fields})


def test_values_files_and_outputs(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"
    pd.DataFrame({"a": [1, 2], "b": ["x", "y z"]}).to_parquet(table)
    spec = build(
        'head -1 "$INPUT_DATA"; echo "$INPUT_WORD and $PARAM_N" >&2\n'
        'wc -l < "$INPUT_DATA" > "$OUTPUT_LINES"\n'
        'printf "c,d\\n1,2\\n3,4\\n" > "$OUTPUT_OUT"',
        inputs=[{"name": "data", "type": "table"}, {"name": "word", "type": "string"}],
        outputs=[
            {"name": "stdout", "type": "text"},
            {"name": "lines", "type": "integer"},
            {"name": "out", "type": "table"},
        ],
        parameters={"type": "object", "properties": {"n": {"type": "integer"}}},
    )
    data = {"path": str(table), "type": "table", "name": "t.parquet"}
    made = run(spec, {"data": data, "word": "it's; rm -rf"}, n=5)
    assert made.code == 0, made.stderr
    assert made.outputs["stdout"] == '"a","b"\n'
    assert made.outputs["lines"] == 3
    assert made.outputs["out"]["facts"]["columns"][1] == {"name": "d", "type": "int64"}
    assert made.stdout == '"a","b"\n'
    assert made.stderr == "it's; rm -rf and 5\n"


@pytest.mark.parametrize(
    ("command", "kind", "says", "code"),
    [
        ("echo gone >&2; exit 3", "exit", "the command ended with exit code 3: gone", 3),
        ("false\necho never", "exit", "exit code 1", 1),
        ("false | cat", "exit", "exit code 1", 1),
        ("echo $NOT_THERE", "exit", "unbound variable", 1),
        ("kill -9 $$", "exit", "the command was ended by SIGKILL", 137),
        ("true", "output", "write it to the file $OUTPUT_OUT", 1),
        ("echo nonsense > $OUTPUT_OUT", "output", "should be json", 1),
    ],
)
def test_failures(run: Run, command: str, kind: str, says: str, code: int) -> None:
    made = run(build(command, outputs=[{"name": "out", "type": "json"}]))
    assert made.code == code
    assert made.error is not None
    assert made.error["kind"] == kind
    assert says in made.error["message"]


def test_a_background_job_does_not_hold_the_step(run: Run) -> None:
    made = run(build("sleep 30 & echo started", outputs=[{"name": "stdout", "type": "text"}]))
    assert made.outputs == {"stdout": "started\n"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"command": ""}, "needs `command`"),
        ({"outputs": [{"name": "m", "type": "model"}]}, "cannot give a model"),
        ({"outputs": [{"name": "a"}, {"name": "a"}]}, "two output ports named `a`"),
        ({"parameters": {"type": "wrong"}}, "no valid JSON Schema"),
        ({"tables": "xml"}, "csv or parquet"),
        ({"colour": "red"}, "no field `colour`"),
        ({"inputs": [{"name": "1"}]}, "inputs.0.name"),
    ],
)
def test_bad_specs_are_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        build(**{"command": "true", **fields})
    assert says in str(caught.value)
