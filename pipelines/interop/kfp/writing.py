"""One of our components as a KFP `component.yaml`, which a Kubeflow pipeline can load.

Containers keep their image and words. Shell scripts and Python functions become a container that
brings its code along, as KFP's own lightweight components do; variables of the step contract
(`$PARAM_X`, `$INPUT_X`, `$OUTPUT_X`) are set by a line in front. The format is told in `reading`.
"""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from pipelines.core.component import ComponentSpec
from pipelines.kinds import templates

from .. import text
from .python_program import DECODED, program
from .reading import OUTPUTS

PYTHON_IMAGE = "python:3.11-slim"
SHELL_IMAGE = "debian:stable-slim"
_TYPES = {
    "string": "String",
    "integer": "Integer",
    "number": "Float",
    "boolean": "Boolean",
    "array": "JsonArray",
    "object": "JsonObject",
}
_PORTS = {
    "string": "String",
    "text": "String",
    "number": "Float",
    "integer": "Integer",
    "boolean": "Boolean",
    "list": "JsonArray",
    "json": "JsonObject",
    "table": "Dataset",
    "model": "Model",
}
_BY_VALUE = frozenset({"string", "number", "integer", "boolean", "list", "json"})
_VARIABLE = re.compile(r"\b(?:PARAM|INPUT|OUTPUT)_[A-Z0-9_]+|\bPENSTOCK_[A-Z]+")
_PIECE = re.compile(r"(\{\{\s*[A-Za-z_]\w*\s*\}\}|" + re.escape(OUTPUTS) + r"/[A-Za-z_]\w*)")


class NotForKfp(ValueError):
    """The component cannot be a KFP component. The message is for people."""


def write(spec: ComponentSpec, *, version: int) -> str:
    """The text of the file. Raises NotForKfp."""
    makers = {"container": _container, "shell": _shell, "python": _python}
    if spec.kind not in makers:
        raise NotForKfp(
            f"`{spec.full_name}` is of the kind {spec.kind}, which has no counterpart in KFP; "
            "python, shell and container components have."
        )
    document: dict[str, Any] = {"name": spec.title or spec.name}
    description = "\n\n".join(part for part in (spec.summary, spec.docs) if part)
    if description:
        document["description"] = description
    document["metadata"] = {"annotations": {"penstock/component": f"{spec.full_name}@{version}"}}
    if inputs := _inputs(spec):
        document["inputs"] = inputs
    if spec.outputs:
        document["outputs"] = [
            _described({"name": port.name}, _PORTS.get(port.type), port.help)
            for port in spec.outputs
        ]
    document["implementation"] = {"container": makers[spec.kind](spec)}
    return text.dump(document)


def _inputs(spec: ComponentSpec) -> list[dict[str, Any]]:
    listed = []
    for port in spec.inputs:
        if port.multiple:
            raise NotForKfp(
                f"The input `{port.name}` takes any number of edges, which no KFP input does."
            )
        one = _described({"name": port.name}, _PORTS.get(port.type), port.help)
        listed.append(one if port.required else {**one, "optional": True})
    required = spec.parameters.get("required") or []
    for name, schema in _properties(spec).items():
        kind = schema.get("type")
        one = _described(
            {"name": name},
            _TYPES.get(kind) if isinstance(kind, str) else None,
            schema.get("description") or "",
        )
        if schema.get("default") is not None:
            one["default"] = _as_text(schema["default"])
        elif name not in required:
            one["optional"] = True
        listed.append(one)
    return listed


def _described(one: dict[str, Any], kind: str | None, told: str) -> dict[str, Any]:
    return {**one, **({"type": kind} if kind else {}), **({"description": told} if told else {})}


def _properties(spec: ComponentSpec) -> Mapping[str, Any]:
    found = spec.parameters.get("properties")
    return found if isinstance(found, Mapping) else {}


def _container(spec: ComponentSpec) -> dict[str, Any]:
    own = spec.implementation
    image = str(own["image"])
    if any(templates.names(image)):
        raise NotForKfp(f"The image `{image}` is chosen by a parameter; KFP needs a fixed one.")
    made: dict[str, Any] = {"image": image}
    words = {part: _words(spec, own.get(part)) for part in ("command", "args")}
    env = own.get("env") or {}
    if not isinstance(env, Mapping) or any(templates.names(env)):
        raise NotForKfp("Its environment is made of parameters; KFP needs fixed variables.")
    if _VARIABLE.search(json.dumps([own.get("command"), own.get("args")])):
        if not words["command"]:
            raise NotForKfp(
                "Its arguments use variables such as $PARAM_X with the image's own entrypoint; "
                "give it a command, so that it can be exported."
            )
        words = {"command": _wrapped(spec, words["command"]), "args": words["args"]}
    made |= {part: found for part, found in words.items() if found}
    if env:
        made["env"] = {name: str(value) for name, value in env.items()}
    return made


def _shell(spec: ComponentSpec) -> dict[str, Any]:
    script = spec.implementation.get("command")
    if not isinstance(script, str):
        raise NotForKfp("Its script is a parameter, so that there is nothing to be exported.")
    stdout = spec.output("stdout") is not None
    run = ["bash", "-eo", "pipefail", "-c", script]
    if stdout:
        keep = '"$@" | tee "$OUTPUT_STDOUT"'
        run = ["bash", "-eo", "pipefail", "-c", keep, "bash", *run]
    return {"image": SHELL_IMAGE, "command": _wrapped(spec, run)}


def _python(spec: ComponentSpec) -> dict[str, Any]:
    own = spec.implementation
    source = own.get("source")
    if not isinstance(source, str):
        raise NotForKfp("Its source is a parameter, so that there is nothing to be exported.")
    if re.search(r"^\s*(from|import)\s+pipelines\b", source, re.MULTILINE):
        raise NotForKfp(
            "Its source imports Penstock's SDK, which a KFP container does not have; use plain "
            "hints (pandas.DataFrame, pathlib.Path, int …) to export it."
        )
    types = {port.name: port.type for port in spec.inputs}
    types |= {port.name: port.type for port in spec.outputs}
    for name, kind in types.items():
        if kind not in DECODED:
            raise NotForKfp(
                f"The port `{name}` is a {kind}, for which KFP has no common form; "
                "make it a file to export the component."
            )
    packages = [str(each) for each in own.get("requirements") or ()]
    if "table" in types.values():
        packages += ["pandas", "pyarrow"]
    start = 'exec python3 -u -c "$0" "$@"'
    if packages:
        listed = " ".join(shlex.quote(each) for each in packages)
        start = f"python3 -m pip install --quiet --no-input {listed} >&2\n{start}"
    words: list[Any] = ["sh", "-ec", start]
    words += [program(source, str(own.get("function") or ""), spec)]
    for port in spec.inputs:
        pair = [f"--input-{port.name}", {"inputPath": port.name}]
        words += pair if port.required else [_if_present(port.name, pair)]
    required = spec.parameters.get("required") or []
    for name, schema in _properties(spec).items():
        pair = [f"--param-{name}", {"inputValue": name}]
        given = schema.get("default") is not None or name in required
        words += pair if given else [_if_present(name, pair)]
    for output in spec.outputs:
        words += [f"--output-{output.name}", {"outputPath": output.name}]
    return {"image": PYTHON_IMAGE, "command": words}


def _if_present(name: str, words: list[Any]) -> dict[str, Any]:
    return {"if": {"cond": {"isPresent": name}, "then": words}}


def _words(spec: ComponentSpec, given: Any) -> list[Any]:
    if not given:
        return []
    if isinstance(given, str) and templates.is_placeholder(given):
        raise NotForKfp("Its command line is a parameter, so that there is nothing to be exported.")
    listed = templates.split(given) if isinstance(given, str) else given
    return [_word(spec, str(each)) for each in listed]


def _word(spec: ComponentSpec, word: str) -> Any:
    pieces = [_piece(spec, piece) for piece in _PIECE.split(word) if piece]
    return pieces[0] if len(pieces) == 1 else {"concat": pieces} if pieces else ""


def _piece(spec: ComponentSpec, piece: str) -> Any:
    if piece.startswith(f"{OUTPUTS}/"):
        name = piece.removeprefix(f"{OUTPUTS}/")
        return {"outputPath": name} if spec.output(name) else piece
    named = next(templates.names(piece), None)
    return piece if named is None else _value(spec, named)


def _value(spec: ComponentSpec, name: str) -> dict[str, str]:
    port = spec.input(name)
    by_value = port is None or port.type in _BY_VALUE
    return {"inputValue": name} if by_value else {"inputPath": name}


def _wrapped(spec: ComponentSpec, words: list[Any]) -> list[Any]:
    """The words behind a line that sets the variables of the step contract from its arguments."""
    values: list[tuple[str, Any]] = [
        (f"INPUT_{port.name.upper()}", _value(spec, port.name)) for port in spec.inputs
    ]
    values += [(f"PARAM_{name.upper()}", {"inputValue": name}) for name in _properties(spec)]
    values += [(f"OUTPUT_{port.name.upper()}", {"outputPath": port.name}) for port in spec.outputs]
    optional = [port.name for port in spec.inputs if not port.required]
    optional += [
        name
        for name, schema in _properties(spec).items()
        if schema.get("default") is None and name not in (spec.parameters.get("required") or [])
    ]
    if optional:
        raise NotForKfp(
            f"`{optional[0]}` may be left out; give it a default or make it required, since the "
            "variables of a KFP command have to be there."
        )
    lines = [f'export {name}="$1"; shift' for name, _ in values]
    lines += [f'mkdir -p "$(dirname "$OUTPUT_{port.name.upper()}")"' for port in spec.outputs]
    script = "\n".join([*lines, 'exec "$@"'])
    return ["sh", "-ec", script, "sh", *(value for _, value in values), *words]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
