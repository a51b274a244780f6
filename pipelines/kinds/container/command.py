"""What is to be run: a spec's implementation with this attempt's parameters and inputs put in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import parameters, templates
from ..contract import StepFailed
from ..inputs import is_file
from .image import parse_image
from .spec import variable_complaint

#: Longer values are left out of the environment, which the kernel limits; PENSTOCK_INPUTS has all.
LONGEST_VARIABLE = 32 * 1024


@dataclass(frozen=True)
class Command:
    """One container to be run. `command` replaces the entrypoint, `args` what is given to it;
    None leaves the image's own. An empty `working_dir` or `user` leaves the executor's choice.
    """

    image: str
    command: list[str] | None
    args: list[str] | None
    env: Mapping[str, str]
    working_dir: str = ""
    user: str = ""
    pull: str = "missing"
    network: str = "default"


def render(
    spec: Mapping[str, Any], params: Mapping[str, Any], inputs: Mapping[str, Any], outputs: str
) -> Command:
    """The command of one attempt.

    `inputs` are as in PENSTOCK_INPUTS: files are `{"path": …}` as the container sees them.
    `outputs` is the directory where the container may leave one file for each output. Raises
    StepFailed of kind `setup`, for people.
    """
    parameters.check(spec.get("parameters") or {}, params)
    implementation = spec.get("implementation") or {}
    values = {**params, **{name: _as_seen(value) for name, value in inputs.items()}}
    try:
        return Command(
            image=parse_image(_text(templates.fill(implementation["image"], values))).pinned,
            command=_words(implementation.get("command"), values),
            args=_words(implementation.get("args"), values),
            env={
                **_contract(spec, params, inputs, outputs),
                **_variables(implementation.get("env"), values),
            },
            working_dir=_directory(implementation.get("working_dir"), values),
            user=implementation.get("user") or "",
            pull=implementation.get("pull") or "missing",
            network=implementation.get("network") or "default",
        )
    except ValueError as error:
        raise StepFailed("setup", str(error), permanent=True) from error


def _as_seen(value: Any) -> Any:
    """A file stands for its path, a list of files for theirs."""
    if is_file(value):
        return value["path"]
    if isinstance(value, list):
        return [_as_seen(item) for item in value]
    return value


def _words(template: Any, values: Mapping[str, Any]) -> list[str] | None:
    """The words of a command. A list that stands alone gives one word for each of its items."""
    if not template:
        return None
    if isinstance(template, str):
        if templates.is_placeholder(template):
            value = templates.fill(template, values)
            if value is templates.NOT_GIVEN or value in (None, "", []):
                return None
            return [_text(item) for item in value] if isinstance(value, list) else _split(value)
        template = templates.split(template)
    words: list[str] = []
    for part in template:
        value = templates.fill(part, values)
        if value is templates.NOT_GIVEN or value is None:
            continue
        words += [_text(item) for item in value] if isinstance(value, list) else [_text(value)]
    return _without_nul(words)


def _split(line: Any) -> list[str]:
    try:
        return _without_nul(templates.split(_text(line)))
    except ValueError as error:
        raise ValueError(f"`{_text(line)[:80]}` cannot be split into words: {error}") from error


def _without_nul(words: list[str]) -> list[str]:
    if any("\0" in word for word in words):
        raise ValueError("the command holds a zero byte, which no program can be given")
    return words


def _variables(template: Any, values: Mapping[str, Any]) -> dict[str, str]:
    filled = templates.fill(template or {}, values)
    if filled is templates.NOT_GIVEN or filled is None:
        return {}
    if not isinstance(filled, Mapping):
        raise ValueError(f"the environment must be an object of variables, not {filled!r:.80}")
    for name in filled:
        if complaint := variable_complaint(name):
            raise ValueError(complaint)
    texts = {name: _text(value) for name, value in filled.items() if value is not None}
    for name, text in texts.items():
        if "\0" in text or len(text.encode(errors="replace")) > LONGEST_VARIABLE:
            raise ValueError(
                f"the variable `{name}` is longer than {LONGEST_VARIABLE:,} bytes or holds a zero "
                "byte; read the value from the file that PENSTOCK_INPUTS names"
            )
    return texts


def _contract(
    spec: Mapping[str, Any], params: Mapping[str, Any], inputs: Mapping[str, Any], outputs: str
) -> dict[str, str]:
    """$PARAM_X, $INPUT_X and $OUTPUT_X, as the shell kind has them."""
    found = {f"PARAM_{name.upper()}": _text(value) for name, value in params.items()}
    for port in spec.get("inputs") or ():
        found[f"INPUT_{port['name'].upper()}"] = _input(inputs.get(port["name"]))
    short = {
        name: text
        for name, text in found.items()
        if len(text.encode(errors="replace")) <= LONGEST_VARIABLE and "\0" not in text
    }
    places = {
        f"OUTPUT_{port['name'].upper()}": f"{outputs}/{port['name']}"
        for port in spec.get("outputs") or ()
    }
    return {**short, **places}


def _input(value: Any) -> str:
    if isinstance(value, list) and value and all(is_file(item) for item in value):
        return "\n".join(item["path"] for item in value)
    seen = _as_seen(value)
    return "" if seen is None else _text(seen)


def _directory(template: Any, values: Mapping[str, Any]) -> str:
    if not template:
        return ""
    found = _text(templates.fill(template, values))
    if not found.startswith("/"):
        raise ValueError(f"the working directory `{found[:200]}` is no absolute path")
    return found


def _text(value: Any) -> str:
    if value is templates.NOT_GIVEN or value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
