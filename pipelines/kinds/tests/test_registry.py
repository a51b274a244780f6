"""The kinds hang together."""

import importlib
import subprocess
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry
from pipelines.kinds.step import RUNNERS


def test_every_kind_has_a_runner_and_a_form() -> None:
    in_processes = {name for name, kind in registry.KINDS.items() if "process" in kind.executors}
    assert in_processes == set(RUNNERS)
    for name, kind in registry.KINDS.items():
        if name in in_processes:
            module, _, function = kind.runner.partition(":")
            assert callable(getattr(importlib.import_module(module), function))
        Draft202012Validator.check_schema(kind.form)
        assert kind.name == name
        assert kind.title


def test_an_unknown_kind_is_a_problem_not_a_crash() -> None:
    with pytest.raises(InvalidDefinition, match="there is no kind `magic`"):
        registry.build("magic", {})
    spec = ComponentSpec(namespace="a", name="b", kind="magic")
    assert [problem.code for problem in registry.check(spec)] == ["unknown_kind"]


HEAVY = "{'pydantic', 'jsonschema', 'yaml', 'numpy', 'pandas', 'httpx', 'django'}"


def loaded_by(*lines: str) -> list[str]:
    """What of all that is heavy a fresh Python has loaded after these lines."""
    code = "\n".join(["import sys", *lines, f"print(*sorted({HEAVY} & set(sys.modules)))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_step_starts_lean() -> None:
    """What is imported before a trivial step runs is paid for by every fork server."""
    assert loaded_by("import pipelines.kinds.step", "import pipelines.kinds.python.run") == []
    assert loaded_by("import pipelines.kinds.shell.run") == []


def test_a_look_at_a_file_that_is_not_there_is_light() -> None:
    """Hundreds of nodes may look every few seconds, and each look is a process of its own."""
    loaded = loaded_by(
        "from types import SimpleNamespace",
        "from pipelines.kinds.wait import run as wait",
        "params = {'path': '/not/there', 'every': '5s'}",
        "step = SimpleNamespace(implementation={'for': 'file'}, params=params)",
        "try: wait.run(step)",
        "except wait.StepFailed as error: assert error.retry_after == 5.0",
    )
    assert loaded == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "object", "properties": []},
        {"type": "object", "properties": {"a": {"pattern": "(", "default": "x"}}},
        {"type": "object", "properties": {"a": {"$ref": "https://x.invalid/y", "default": 1}}},
        {"type": "object", "properties": {"a": {"$ref": "#", "default": 1}}},
        {"type": "object", "required": ["b"]},
    ],
)
@pytest.mark.parametrize("kind", ["python", "shell", "http", "sql", "container"])
def test_strange_schemas_are_problems_not_crashes(kind: str, parameters: dict[str, Any]) -> None:
    implementation = {
        "source_parameter": [], "command": "true", "url": "http://x", "database": "x", "query": "x",
        "image": "x",
    }  # fmt: skip
    spec = ComponentSpec(
        namespace="a", name="b", kind=kind, parameters=parameters, implementation=implementation
    )
    assert registry.check(spec)
