"""What a container finds inside: the step contract under `/penstock`, and its environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.core.secrets import Secret
from pipelines.kinds.container.command import Command, render

from ..protocol import InputFile, Json, StepRequest

ROOT = PurePosixPath("/penstock")
INPUTS = ROOT / "inputs"
INPUTS_FILE = INPUTS / "inputs.json"
#: The outputs as one JSON file, and beside it one file for each output, as the container likes.
OUTPUTS = ROOT / "outputs"
OUTPUTS_FILE = OUTPUTS / "outputs.json"
ARTIFACTS = ROOT / "artifacts"
#: One private file for each secret, of which a parameter holds the path and never the value.
SECRETS = ROOT / "secrets"
#: The home directory, and what the container may do with as it likes.
WORK = ROOT / "work"

_LONGEST_NAME = 120


@dataclass(frozen=True)
class Placed:
    """A file that goes to `where` inside of the container."""

    file: InputFile
    where: PurePosixPath


@dataclass(frozen=True)
class Contents:
    """What a container is given: `given` is the content of PENSTOCK_INPUTS, `secrets` are the
    values of the files in SECRETS, by their names.
    """

    command: Command
    given: Mapping[str, Json]
    files: list[Placed]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def contents(request: StepRequest) -> Contents:
    """Raises StepFailed (of the kinds) for values from which no command can be made."""
    files: list[Placed] = []

    def place(value: Any, *where: str) -> Json:
        if isinstance(value, InputFile):
            target = INPUTS.joinpath(*where) / _name_of(value)
            files.append(Placed(value, target))
            return {"path": str(target), "type": value.type, "name": value.name or target.name}
        if isinstance(value, list) and any(isinstance(item, InputFile) for item in value):
            return [place(item, *where, str(index)) for index, item in enumerate(value)]
        return value

    secrets: dict[str, str] = {}
    variables: dict[str, str] = {}

    def place_param(name: str, value: Any) -> Json:
        if isinstance(value, InputFile):
            return place(value, "-params", name)["path"]
        if isinstance(value, Secret):
            secrets[value.name] = value.value
            return str(SECRETS / value.name)
        if isinstance(value, list) and value and isinstance(value[0], Secret):
            for each in value:
                secrets[each.name] = each.value
                variables[f"SECRET_{each.name.upper()}"] = str(SECRETS / each.name)
            return [each.name for each in value]
        return value

    inputs = {port: place(value, port) for port, value in request.inputs.items()}
    params = {name: place_param(name, value) for name, value in request.params.items()}
    command = render(request.spec, params, inputs, str(OUTPUTS))
    command = replace(command, env={**command.env, **variables})
    return Contents(command, {"inputs": inputs, "params": params}, files, secrets)


def environment(request: StepRequest, command: Command) -> dict[str, str]:
    """The variables of the container, beyond those of its image."""
    return {
        "HOME": str(WORK),
        **command.env,
        "PENSTOCK_INPUTS": str(INPUTS_FILE),
        "PENSTOCK_OUTPUTS": str(OUTPUTS_FILE),
        "PENSTOCK_ARTIFACTS": str(ARTIFACTS),
        "PENSTOCK_KEY": request.key,
        "PENSTOCK_ATTEMPT": str(request.attempt),
    }


def _name_of(file: InputFile) -> str:
    name = re.sub(r"[^\w.\- ]+", "_", Path(file.name or file.path.name).name).strip(". ")
    return name[-_LONGEST_NAME:] or "file"


def ports_of(spec: Mapping[str, Any]) -> dict[str, str]:
    """Each declared output's type, by name."""
    return {port["name"]: port["type"] for port in spec.get("outputs") or ()}
