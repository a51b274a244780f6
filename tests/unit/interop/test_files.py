"""KFP's component.yaml, both ways. The first file is published by Kubeflow Pipelines."""

import subprocess
import sys

import pytest
import yaml

from pipelines.interop import component_file, reading, text
from pipelines.interop.kfp import writing
from pipelines.kinds import registry
from pipelines.kinds.container.command import render

#: https://github.com/kubeflow/pipelines/blob/master/components/contrib/filesystem/list_items/component.yaml
#: (Apache License 2.0), without its metadata.
LIST_ITEMS = """
name: List items
description: Recursively list directory contents.
inputs:
  - { name: Directory, type: Directory }
outputs:
  - { name: Items }
implementation:
  container:
    image: alpine
    command:
      - sh
      - -ex
      - -c
      - |
        mkdir -p "$(dirname "$1")"
        #ls --almost-all --recursive "$0" > "$1"
        ls -A -R "$0" > "$1"
      - inputPath: Directory
      - outputPath: Items
"""
#: In the manner of components/contrib/XGBoost/Train of the same place.
TRAIN = """
name: Train
inputs:
  - { name: training_data, type: CSV }
  - { name: starting_model, type: XGBoostModel, optional: true }
  - { name: label column, type: Integer, default: "0", optional: true }
  - { name: booster_params, type: JsonObject, optional: true }
outputs:
  - { name: model, type: XGBoostModel }
metadata: { annotations: { author: A } }
implementation:
  container:
    image: python:3.7
    command: [printf, "%s\\n"]
    args:
      - --training-data
      - { inputPath: training_data }
      - if:
          cond: { isPresent: starting_model }
          then: [--starting-model, { inputPath: starting_model }]
      - if:
          cond: { isPresent: label column }
          then: [--label, { inputValue: label column }]
      - if:
          cond: { isPresent: booster_params }
          then: [{ concat: [--params=, { inputValue: booster_params }] }]
          else: [it's plain]
      - { outputPath: model }
      - { outputUri: model }
"""


def command_of(spec, params, inputs):
    made = render(spec.model_dump(mode="json"), params, inputs, "/penstock/outputs")
    return made, [*(made.command or []), *(made.args or [])]


def test_a_published_component_becomes_a_container_component():
    spec = reading.read(LIST_ITEMS, "acme").spec
    assert registry.check(spec) == []
    assert (spec.full_name, spec.kind) == ("acme/list-items", "container")
    assert [(port.name, port.type, port.required) for port in spec.inputs] == [
        ("directory", "file", True)
    ]
    _, words = command_of(spec, {}, {"directory": {"path": "/penstock/inputs/d", "type": "file"}})
    assert words[-2:] == ["/penstock/inputs/d", "/penstock/outputs/items"]


def test_words_that_depend_on_a_value_are_put_together_when_it_runs():
    read = reading.read(TRAIN, "acme")
    assert registry.check(read.spec) == []
    assert read.spec.parameters["properties"]["label_column"]["default"] == 0
    assert any("outputUri" in note for note in read.notes)
    assert any("metadata" in note for note in read.notes)
    data = {"training_data": {"path": "/in/data", "type": "file"}}

    def printed(params, inputs):
        made, words = command_of(read.spec, params, {**data, **inputs})
        ran = subprocess.run(words, env=dict(made.env), capture_output=True, text=True, check=True)
        return ran.stdout.splitlines()

    start = ["--training-data", "/in/data"]
    end = ["/penstock/outputs/model"]
    assert printed({"label_column": 0}, {}) == [*start, "--label", "0", "it's plain", *end]
    model = {"starting_model": {"path": "/in/m x", "type": "file"}}
    assert printed({"label_column": 1, "booster_params": {"a": 'b"c'}}, model) == [
        *start,
        *["--starting-model", "/in/m x", "--label", "1", '--params={"a": "b\\"c"}'],
        *end,
    ]


def test_what_is_no_component_is_refused_with_the_reason():
    for content, why in (
        ("- a", "no mapping"),
        ("a: [", "no YAML"),
        ("name: x", "no component"),
        ("implementation: {graph: {}}", "graph"),
        ("a: &x 1\nb: *x", "aliases"),
        ("penstock: component\nschema: 9", "newer"),
        ("penstock: component\nschema: 1\nspec: {name: X}", "spec."),
    ):
        with pytest.raises(text.Unreadable, match=why):
            reading.read(content, "acme")


PYTHON = '''
from pathlib import Path


def join(first: str, second: list, *, times: int = 2, note: str = "") -> str:
    """Join."""
    return (first + "".join(second) + note) * times
'''


def resolved(words, values, folder):
    """The words as KFP would give them to the container: every input has a value or a default."""
    found = []
    for word in words:
        if isinstance(word, str):
            found.append(word)
        elif "if" in word:
            if word["if"]["cond"]["isPresent"] in values:
                found += resolved(word["if"]["then"], values, folder)
        elif "concat" in word:
            found.append("".join(resolved(word["concat"], values, folder)))
        else:
            ((kind, name),) = word.items()
            path = folder / f"{kind}-{name}" / "data"
            if kind == "inputPath":
                path.parent.mkdir(exist_ok=True)
                path.write_text(values[name])
            found.append(values[name] if kind == "inputValue" else str(path))
    return found


def test_a_python_component_runs_as_kfp_runs_it(tmp_path):
    spec = registry.build("python", {"namespace": "acme", "source": PYTHON})
    made = yaml.safe_load(writing.write(spec, version=3))
    assert made["metadata"]["annotations"] == {"penstock/component": "acme/join@3"}
    times = next(each for each in made["inputs"] if each["name"] == "times")
    assert (times["type"], times["default"]) == ("Integer", "2")
    words = made["implementation"]["container"]["command"]
    values = {"first": "a", "second": '["b", "c"]', "times": "2", "note": "!"}
    program, *arguments = resolved(words, values, tmp_path)[3:]
    ran = subprocess.run([sys.executable, "-c", program, *arguments], check=False)
    assert ran.returncode == 0
    assert (tmp_path / "outputPath-result" / "data").read_text() == "abc!abc!"


def test_a_shell_component_gets_its_variables(tmp_path):
    spec = registry.build(
        "shell",
        {
            "namespace": "acme",
            "name": "count",
            "command": 'grep -c "$PARAM_WORD" "$INPUT_TEXT" > "$OUTPUT_COUNT"',
            "inputs": [{"name": "text", "type": "file"}],
            "outputs": [{"name": "count", "type": "integer"}],
            "parameters": {
                "type": "object",
                "properties": {"word": {"type": "string", "default": "a"}},
            },
        },
    )
    container = yaml.safe_load(writing.write(spec, version=1))["implementation"]["container"]
    values = {"text": "a\nb\na b\n", "word": "a"}
    subprocess.run(resolved(container["command"], values, tmp_path), check=True)
    assert (tmp_path / "outputPath-count" / "data").read_text() == "2\n"


def test_a_container_component_comes_back_the_same():
    first = reading.read(LIST_ITEMS, "acme").spec
    again = reading.read(writing.write(first, version=1), "acme").spec
    assert again.implementation == first.implementation
    assert (again.inputs, again.outputs) == (first.inputs, first.outputs)


def test_what_kfp_cannot_have_is_told():
    for kind, fields, why in (
        ("http", {"name": "get", "url": "http://x"}, "http"),
        ("container", {"name": "c", "image": "{{ image }}"}, "chosen by a parameter"),
        (
            "python",
            {"source": "from pipelines.sdk import Table\ndef f(a: Table) -> Table: ..."},
            "SDK",
        ),
    ):
        properties = {"image": {"type": "string"}} if kind == "container" else {}
        extra = (
            {"parameters": {"type": "object", "properties": properties}} if kind != "python" else {}
        )
        spec = registry.build(kind, {"namespace": "acme", **fields, **extra})
        with pytest.raises(writing.NotForKfp, match=why):
            writing.write(spec, version=1)


def test_our_own_file_comes_back_the_same_and_tells_that_it_was_changed():
    for kind in ("python", "shell", "sql", "http", "container"):
        spec = registry.build(kind, {"namespace": "acme", **registry.KINDS[kind].start})
        written = component_file.write(spec, version=2, changelog="New.\nAnd more.")
        read = reading.read(written, "other")
        assert (read.spec, read.version, read.changelog) == (spec, 2, "New.\nAnd more.")
        assert read.notes == ()
        assert reading.read(written.replace("acme", "acne"), "other").notes
