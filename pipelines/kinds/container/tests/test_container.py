"""The kind by itself: what may be published, and what command comes of it."""

from typing import Any

import pytest

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry
from pipelines.kinds.container.command import LONGEST_VARIABLE, Command, render
from pipelines.kinds.container.image import parse_image
from pipelines.kinds.contract import StepFailed

SCHEMA = {
    "type": "object",
    "properties": {
        "rate": {"type": "number"},
        "tag": {"type": "string"},
        "words": {"type": "array"},
        "extra": {"type": "object"},
        "line": {"type": "string"},
    },
}


def build(**fields: Any) -> ComponentSpec:
    given = {"name": "train", "namespace": "t", "image": "busybox", "parameters": SCHEMA, **fields}
    return registry.build("container", given)


def rendered(
    params: dict[str, Any] | None = None, given: dict[str, Any] | None = None, **fields: Any
) -> Command:
    spec = build(**fields).model_dump(mode="json")
    return render(spec, params or {}, given or {}, "/penstock/outputs")


@pytest.mark.parametrize(
    ("text", "pinned"),
    [
        ("busybox", "busybox:latest"),
        ("python:3.12-slim", "python:3.12-slim"),
        ("registry.example.com:5000/team/train", "registry.example.com:5000/team/train:latest"),
        ("localhost/box:1", "localhost/box:1"),
        ("[fe80::1]:5000/a__b/c-d.e:V1", "[fe80::1]:5000/a__b/c-d.e:V1"),
        (f"ghcr.io/a/b:1@sha256:{'0f' * 32}", f"ghcr.io/a/b:1@sha256:{'0f' * 32}"),
    ],
)
def test_names_of_images(text: str, pinned: str) -> None:
    assert parse_image(text).pinned == pinned


@pytest.mark.parametrize(
    "text",
    ["", "Python:3", "a b", "-rm", "a:", "a/", "/a", "a//b", "a:b:c", "x@sha256:1", "a" * 256, "ä"],
)
def test_what_is_no_name_of_an_image(text: str) -> None:
    with pytest.raises(ValueError, match="is no name of an image"):
        parse_image(text)
    with pytest.raises(InvalidDefinition):
        build(image=text)


def test_capital_letters_are_told() -> None:
    with pytest.raises(ValueError, match="names are written in small letters"):
        parse_image("Python:3.12")


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"args": ["{{ nothing }}"]}, "implementation", "neither a parameter nor an input"),
        ({"args": "sh -c 'open"}, "implementation.args", "cannot be split into words"),
        ({"env": {"A-B": "1"}}, "implementation.env.A-B", "is no name of a variable"),
        ({"env": {"PENSTOCK_KEY": "1"}}, "implementation.env.PENSTOCK_KEY", "Penstock's own"),
        ({"env": "A=1"}, "implementation.env", "an object of variables"),
        ({"env": {"A": []}}, "implementation.env.A", "is not of type"),
        ({"working_dir": "srv"}, "implementation.working_dir", "no absolute path"),
        ({"user": "root"}, "implementation.user", "is not a number"),
        ({"pull": "often"}, "implementation.pull", "is not one of"),
        ({"network": "host"}, "implementation.network", "is not one of"),
    ],
)
def test_what_cannot_be_published(fields: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        build(**fields)
    problem = refused.value.problems[0]
    assert (problem.field, problem.code) == (field, "bad_implementation")
    assert says in problem.message


def test_a_file_comes_by_a_port() -> None:
    schema = {"type": "object", "properties": {"model": {"type": "string", "format": "file"}}}
    with pytest.raises(InvalidDefinition, match="make it an input port"):
        build(parameters=schema)


def test_privileges_cannot_be_asked_for() -> None:
    for field in ("privileged", "volumes", "cap_add"):
        with pytest.raises(InvalidDefinition, match=f"no field `{field}`"):
            build(**{field: True})


def test_what_a_node_brings_along_is_looked_at_before_it_runs() -> None:
    spec = build(image="{{ tag }}", args="{{ line }}")
    found = registry.check_node(spec, {"tag": "A B", "line": "sh -c 'open"}, set())
    assert [problem.field for problem in found] == ["params.tag", "params.line"]
    fine = {"tag": "${{ params.image }}", "line": "sh -c true"}
    assert registry.check_node(spec, fine, set()) == []


def test_a_command_with_its_placeholders() -> None:
    made = rendered(
        {"rate": 0.5, "tag": "1.4", "words": ["a b", 2]},
        {"data": {"path": "/penstock/inputs/data/t.csv", "type": "file", "name": "t.csv"}},
        image="team/train:{{ tag }}",
        command=["python", "train.py"],
        args=["--rate={{ rate }}", "--data", "{{data}}", "{{ words }}", "{{ line }}"],
        env={"RATE": "{{ rate }}", "WHO": "me", "NOT_GIVEN": "{{ line }}", "DEEP": 3},
        inputs=[{"name": "data", "type": "file"}],
        working_dir="/srv/{{ tag }}",
        user="7:8",
    )
    assert made.image == "team/train:1.4"
    assert made.command == ["python", "train.py"]
    assert made.args == ["--rate=0.5", "--data", "/penstock/inputs/data/t.csv", "a b", "2"]
    assert {"RATE": "0.5", "WHO": "me", "DEEP": "3"}.items() <= made.env.items()
    assert "NOT_GIVEN" not in made.env
    assert (made.working_dir, made.user) == ("/srv/1.4", "7:8")


def test_lines_are_split_before_values_are_put_in() -> None:
    """A value with blanks or quotation marks stays one word."""
    made = rendered({"tag": "it's; rm -rf"}, args="echo {{ tag }} 'x {{tag}}'")
    assert made.args == ["echo", "it's; rm -rf", "x it's; rm -rf"]


def test_a_line_that_is_a_parameter_is_split_and_an_empty_one_leaves_the_images_own() -> None:
    made = rendered({"line": "sh -c 'echo $X'"}, args="{{ line }}", command="{{ tag }}")
    assert (made.command, made.args) == (None, ["sh", "-c", "echo $X"])
    assert rendered({"line": ""}, args="{{ line }}").args is None
    assert rendered(args="{{ line }}").args is None
    with pytest.raises(StepFailed, match="cannot be split into words"):
        rendered({"line": "sh -c 'open"}, args="{{ line }}")


def test_the_variables_of_the_shell_kind() -> None:
    made = rendered(
        {"rate": 2, "line": "x" * (LONGEST_VARIABLE + 1)},
        {
            "n": {"a": 1},
            "files": [{"path": "/p/1", "type": "file"}, {"path": "/p/2", "type": "file"}],
        },
        inputs=[
            {"name": "n", "type": "json"},
            {"name": "files", "type": "file", "multiple": True},
            {"name": "absent", "required": False},
        ],
        outputs=[{"name": "loss", "type": "number"}],
    )
    assert made.env == {
        "PARAM_RATE": "2",
        "INPUT_N": '{"a": 1}',
        "INPUT_FILES": "/p/1\n/p/2",
        "INPUT_ABSENT": "",
        "OUTPUT_LOSS": "/penstock/outputs/loss",
    }


@pytest.mark.parametrize(
    ("params", "fields", "says"),
    [
        ({"tag": "no tag"}, {"image": "a:{{ tag }}"}, "is no name of an image"),
        ({"extra": {"A B": 1}}, {"env": "{{ extra }}"}, "is no name of a variable"),
        ({"extra": {"PENSTOCK_X": 1}}, {"env": "{{ extra }}"}, "Penstock's own"),
        ({"extra": {"A": "x" * (LONGEST_VARIABLE + 1)}}, {"env": "{{ extra }}"}, "longer than"),
        ({"tag": "a\0b"}, {"args": ["{{ tag }}"]}, "zero byte"),
        ({"tag": "here"}, {"working_dir": "{{ tag }}"}, "no absolute path"),
        ({"rate": "fast"}, {}, "the parameter `rate` must be number"),
    ],
)
def test_what_only_shows_when_it_is_to_run(
    params: dict[str, Any], fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(StepFailed, match=says) as failed:
        rendered(params, **fields)
    assert failed.value.kind == "setup"
