"""A KFP `component.yaml` becomes one of our container components.

The format is that of `kfp.components.structures.ComponentSpec` (KFP SDK 1.8, which later ones still
load; https://www.kubeflow.org/docs/components/pipelines/legacy-v1/reference/component-spec/):
inputs and outputs with types, and `implementation.container` with an image, a command and args in
which placeholders stand: `inputValue`, `inputPath`, `outputPath`, `concat`, `if`. What has no
counterpart here is told, never dropped in silence.
"""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pipelines.core.component import ComponentSpec, InputPort, OutputPort
from pipelines.kinds import templates

from ..component_file import ComponentFile
from ..text import Unreadable

#: Where our executors read outputs of containers from; `executors/containers/layout.py` says so.
OUTPUTS = "/penstock/outputs"
#: KFP's types that are values; everything else is a file.
VALUES: Mapping[str, str] = {
    "string": "string",
    "str": "string",
    "integer": "integer",
    "int": "integer",
    "float": "number",
    "double": "number",
    "number": "number",
    "boolean": "boolean",
    "bool": "boolean",
    "list": "array",
    "jsonarray": "array",
    "dict": "object",
    "jsonobject": "object",
    "uri": "string",
    "url": "string",
    "gcspath": "string",
    "gcsuri": "string",
}
_PORT_OF = {"array": "list", "object": "json"}


@dataclass(frozen=True)
class _WhenGiven:
    """Words that a command has only when the input `name` has a value."""

    name: str
    then: tuple[str, ...]
    otherwise: tuple[str, ...]


_Word = str | _WhenGiven
_PIECE = re.compile(r"(\{\{\s*[A-Za-z_]\w*\s*\}\})")


def is_component(found: Mapping[str, Any]) -> bool:
    return isinstance(found.get("implementation"), Mapping)


def read(found: Mapping[str, Any], namespace: str) -> ComponentFile:
    """Raises Unreadable for what is no container component."""
    container = found["implementation"].get("container")
    if not isinstance(container, Mapping) or not isinstance(container.get("image"), str):
        raise Unreadable(
            "Only KFP components with `implementation.container` and an image can be taken over; "
            "a `graph` becomes a pipeline when its parts are imported and joined on the canvas."
        )
    return _Reading(found, container, namespace).file()


class _Reading:
    def __init__(
        self, found: Mapping[str, Any], container: Mapping[str, Any], namespace: str
    ) -> None:
        self.found, self.container, self.namespace = found, container, namespace
        self.notes: list[str] = []
        self.inputs = _named(found.get("inputs"))
        self.outputs = _named(found.get("outputs"))
        self.names = _names([*self.inputs, *self.outputs])
        commands = [container.get("command"), container.get("args"), container.get("env")]
        self.by_path = set(_used(commands, "inputPath"))

    def file(self) -> ComponentFile:
        title = str(self.found.get("name") or "component")
        docs = str(self.found.get("description") or "").strip()
        properties, required = self._parameters()
        try:
            spec = ComponentSpec(
                namespace=self.namespace,
                name=re.sub(r"[^a-z0-9_-]+", "-", title.lower()).strip("-_")[:63] or "component",
                title=title[:200],
                kind="container",
                category="KFP",
                icon="container",
                summary=docs.split("\n", 1)[0][:300],
                docs=docs,
                inputs=self._ports(),
                outputs=[
                    OutputPort(
                        name=self.names[name],
                        type=self._port_type(each),
                        help=str(each.get("description") or "").strip(),
                    )
                    for name, each in self.outputs.items()
                ],
                parameters={
                    "type": "object",
                    "properties": properties,
                    **({"required": required} if required else {}),
                    "additionalProperties": False,
                },
                implementation=self._implementation(),
            )
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise Unreadable(
                f"The component cannot be taken over: `{where}`: {first['msg']}."
            ) from error
        self._tell_rest()
        return ComponentFile(spec, notes=tuple(dict.fromkeys(self.notes)))

    def _ports(self) -> list[InputPort]:
        return [
            InputPort(
                name=self.names[name],
                type="file",
                required=not _optional(each),
                help=str(each.get("description") or "").strip(),
            )
            for name, each in self.inputs.items()
            if name in self.by_path
        ]

    def _parameters(self) -> tuple[dict[str, Any], list[str]]:
        properties: dict[str, Any] = {}
        for name, each in self.inputs.items():
            if name in self.by_path:
                if each.get("default") is not None:
                    self.notes.append(
                        f"The default of the file `{name}` is left out: an input port has none."
                    )
                continue
            schema: dict[str, Any] = {"type": _value_type(each) or "string", "title": name}
            if each.get("description"):
                schema["description"] = str(each["description"]).strip()
            if each.get("default") is not None:
                schema["default"] = _default(each["default"], schema["type"])
            properties[self.names[name]] = schema
        required = [
            self.names[name]
            for name, each in self.inputs.items()
            if name not in self.by_path and not _optional(each)
        ]
        return properties, required

    def _port_type(self, port: Mapping[str, Any]) -> str:
        value = _value_type(port)
        return "file" if value is None else _PORT_OF.get(value, value)

    def _implementation(self) -> dict[str, Any]:
        own: dict[str, Any] = {"image": str(self.container["image"])}
        command = self._words(self.container.get("command") or [], "command")
        args = self._words(self.container.get("args") or [], "args")
        if any(isinstance(word, _WhenGiven) for word in (*command, *args)):
            command, args = self._script(command, args)
        for part, words in (("command", command), ("args", args)):
            if words:
                own[part] = words
        env = self.container.get("env")
        if isinstance(env, Mapping) and env:
            own["env"] = {
                str(name): word
                for name, value in env.items()
                if (word := self._word(value, f"env.{name}")) is not None
            }
        return own

    def _words(self, words: Any, where: str) -> list[_Word]:
        if not isinstance(words, list):
            raise Unreadable(f"`implementation.container.{where}` is no list of words.")
        return [word for each in words for word in self._expanded(each, where)]

    def _expanded(self, word: Any, where: str) -> list[_Word]:
        if not isinstance(word, Mapping) or "if" not in word:
            found = self._word(word, where)
            return [] if found is None else [found]
        condition = word["if"] if isinstance(word["if"], Mapping) else {}
        cond = condition.get("cond")
        then, otherwise = (self._branch(condition.get(each), where) for each in ("then", "else"))
        if cond in (True, "true", "True"):
            return then
        if cond in (False, "false", "False"):
            return otherwise
        name = cond.get("isPresent") if isinstance(cond, Mapping) else None
        plain = [each for each in (*then, *otherwise) if isinstance(each, str)]
        if name not in self.inputs or len(plain) < len(then) + len(otherwise):
            self.notes.append(
                f"`if` on {_short(cond)} in `{where}` has no counterpart and is left out."
            )
            return []
        given = self.inputs[name]
        if name not in self.by_path and given.get("default") is not None:
            return then  # here a default always stands in
        return [
            _WhenGiven(
                self.names[name],
                tuple(str(each) for each in then),
                tuple(str(each) for each in otherwise),
            )
        ]

    def _branch(self, words: Any, where: str) -> list[_Word]:
        listed = words if isinstance(words, list) else [] if words is None else [words]
        return [one for each in listed for one in self._expanded(each, where)]

    def _script(self, command: list[_Word], args: list[_Word]) -> tuple[list[_Word], list[_Word]]:
        """Words that depend on a value are put together by a shell: lists here are always whole."""
        if not command:
            self.notes.append(
                "Arguments that are there only with a value are left out: the command is the "
                "image's own. Name it as `command` and import again."
            )
            return [], [word for word in args if isinstance(word, str)]
        lines = ["set --"]
        for word in (*command, *args):
            if isinstance(word, str):
                lines.append(f'set -- "$@" {self._shell(word)}')
                continue
            then = " ".join(map(self._shell, word.then))
            otherwise = " ".join(map(self._shell, word.otherwise))
            variable = "${" + self._variable(word.name) + "-}"
            lines.append(f'if [ -n "{variable}" ]; then set -- "$@" {then}')
            if otherwise:
                lines.append(f'else set -- "$@" {otherwise}')
            lines.append("fi")
        self.notes.append(
            "Its words depend on which inputs have a value; they are put together by `sh`, which the "
            "image must have."
        )
        return ["sh", "-c", "\n".join([*lines, 'exec "$@"'])], []

    def _shell(self, word: str) -> str:
        """A word as a shell reads it; values come from the variables that every container has."""
        pieces = [piece for piece in _PIECE.split(word) if piece]
        return (
            "".join(
                f'"${{{self._variable(next(templates.names(piece)))}-}}"'
                if templates.is_placeholder(piece)
                else shlex.quote(piece)
                for piece in pieces
            )
            or "''"
        )

    def _variable(self, name: str) -> str:
        by_path = {self.names[each] for each in self.by_path if each in self.names}
        return f"{'INPUT' if name in by_path else 'PARAM'}_{name.upper()}"

    def _word(self, word: Any, where: str) -> str | None:
        if isinstance(word, str | int | float) and not isinstance(word, bool):
            text = str(word)
            if "{{$" in text:
                self.notes.append(
                    f"`{text[:80]}` in `{where}` is a placeholder that only KFP fills in."
                )
            return text
        if isinstance(word, bool):
            return str(word).lower()
        if isinstance(word, Mapping) and len(word) == 1:
            kind, name = next(iter(word.items()))
            if kind in ("inputValue", "inputPath") and name in self.inputs:
                if kind == "inputValue" and name in self.by_path:
                    self.notes.append(
                        f"`{name}` is used as a path and as a value; here it is a file, and its "
                        f"path stands where `{where}` has the value."
                    )
                return f"{{{{ {self.names[name]} }}}}"
            if kind == "outputPath" and name in self.outputs:
                return f"{OUTPUTS}/{self.names[name]}"
            if kind == "concat" and isinstance(name, list):
                parts = [part for each in name for part in self._expanded(each, where)]
                if all(isinstance(part, str) for part in parts):
                    return "".join(map(str, parts))
        self.notes.append(f"`{_short(word)}` in `{where}` has no counterpart and is left out.")
        return None

    def _tell_rest(self) -> None:
        known = {"image", "command", "args", "env"}
        for name in self.container:
            if name not in known:
                self.notes.append(f"`implementation.container.{name}` is left out.")
        if self.found.get("metadata"):
            self.notes.append("`metadata` (annotations, labels) is left out.")
        renamed = [f"`{old}` is `{new}`" for old, new in self.names.items() if old != new]
        if renamed:
            self.notes.append("Names are identifiers here: " + ", ".join(renamed[:20]) + ".")


def _named(listed: Any) -> dict[str, Mapping[str, Any]]:
    if listed is None:
        return {}
    good = isinstance(listed, list) and all(
        isinstance(each, Mapping) and isinstance(each.get("name"), str) for each in listed
    )
    if not good:
        raise Unreadable("`inputs` and `outputs` are lists of mappings with a `name`.")
    return {each["name"]: each for each in listed}


def _names(names: list[str]) -> dict[str, str]:
    """An identifier for each name: `Input 1` is `input_1`. One that is in and out keeps its name."""
    made: dict[str, str] = {}
    for name in names:
        if name in made:
            continue
        plain = re.sub(r"\W+", "_", name.strip().lower(), flags=re.ASCII).strip("_") or "value"
        plain = f"n_{plain}" if plain[0].isdigit() else plain
        candidate, number = plain[:60], 2
        while candidate in made.values():
            candidate, number = f"{plain[:57]}_{number}", number + 1
        made[name] = candidate
    return made


def _used(value: Any, placeholder: str) -> list[str]:
    """The names after `placeholder`, deep."""
    if isinstance(value, Mapping):
        found = [str(value[placeholder])] if placeholder in value else []
        return found + [name for each in value.values() for name in _used(each, placeholder)]
    if isinstance(value, list):
        return [name for each in value for name in _used(each, placeholder)]
    return []


def _value_type(port: Mapping[str, Any]) -> str | None:
    kind = port.get("type")
    if kind is None:
        return None
    if isinstance(kind, Mapping):
        kind = next(iter(kind), "")
    return VALUES.get(str(kind).lower())


def _optional(port: Mapping[str, Any]) -> bool:
    return port.get("optional") is True or port.get("default") is not None


def _default(value: Any, kind: str) -> Any:
    """Defaults are written as text in KFP."""
    if not isinstance(value, str):
        return value if kind != "string" else str(value)
    try:
        if kind == "integer":
            return int(value)
        if kind == "number":
            return float(value)
    except ValueError:
        return value
    if kind == "boolean":
        return value.strip().lower() in ("true", "1", "yes")
    if kind in ("array", "object"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _short(value: Any) -> str:
    return str(value)[:100]
