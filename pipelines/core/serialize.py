"""Documents as text, and their canonical form. YAML is read as YAML 1.2, like the browser does.

YAML 1.1 would turn a node called `on` into a boolean, `1:30` into 90 and an unquoted day into a
date that JSON cannot hold.
"""

import hashlib
import json
import re
from collections.abc import Hashable
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .component import ComponentSpec
from .document import MAX_BYTES, SCHEMA, Definition
from .problems import InvalidDefinition, Problem

MAX_DEPTH = 64
#: Aliases may make a small text stand for an enormous document; this is what it may unfold to.
MAX_VALUES = 500_000

_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE_SCHEMA = (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
    (
        "float",
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        "-+.0123456789",
    ),
)
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class _Loader(_BaseLoader):  # type: ignore[misc]
    """Safe, YAML 1.2 core schema, no merge keys, no doubled keys."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be plain text", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"`{key.value}` stands twice; remove one of them", key.start_mark
                )
            seen.add(key.value)
        # Keys are text in JSON, whatever they look like in YAML.
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}

    def construct_yaml_int(self, node: ScalarNode) -> int:
        text = self.construct_scalar(node)
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


class _Dumper(yaml.SafeDumper):
    """Quotes what either YAML version would misread; text of several lines becomes a block."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _pattern, _first in _CORE_SCHEMA:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(
            f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first)
        )
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")


def _represent_text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    """Breaks that only some YAML versions know are escaped; the usual ones make a block."""
    style = '"' if _BREAKS.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def load(text: str | bytes) -> dict[str, Any]:
    """The document in YAML or JSON text, as plain values.

    Raises InvalidDefinition (`too_large`, `malformed`) for text over 1 MiB, for nesting over 64
    levels, for aliases that unfold to a flood, and for what is not a mapping of plain values.
    """
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise _invalid("too_large", too_large_message(size))
    try:
        content = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        value = _parse(content)
        if not isinstance(value, dict):
            raise _invalid(
                "malformed", "The document must be a mapping with `name`, `nodes` and `edges`."
            )
        canonical_json(value)
    except UnicodeDecodeError as error:
        raise _invalid("malformed", "The document is not UTF-8 text; save it as UTF-8.") from error
    except RecursionError as error:
        raise _invalid("malformed", _TOO_DEEP) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _invalid("malformed", f"The text cannot be read: {where}{error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, InvalidDefinition):
            raise
        raise _invalid("malformed", f"The text cannot be read: {error}") from error
    return value


def _parse(text: str) -> Any:
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text, object_pairs_hook=_unique_pairs)
        except json.JSONDecodeError:
            pass  # YAML's flow style begins with a brace too, and its error names the place
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _measure(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"`{key}` stands twice; remove one of them")
            seen.add(key)
    return result


def _measure(root: Node) -> None:
    """Refuse what would unfold to too much. A shared (aliased) node is measured once."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: Node, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise _invalid("malformed", _TOO_DEEP)
        if isinstance(node, ScalarNode):
            return 1
        if id(node) in open_nodes:
            raise _invalid("malformed", "The document holds itself by an alias; remove the alias.")
        if id(node) not in sizes:
            open_nodes.add(id(node))
            parts: list[Node] = (
                list(node.value)
                if isinstance(node, SequenceNode)
                else [part for pair in node.value for part in pair]
            )
            total = 1 + sum(size(part, depth + 1) for part in parts)
            open_nodes.discard(id(node))
            sizes[id(node)] = total
        if sizes[id(node)] > MAX_VALUES:
            raise _invalid(
                "too_large",
                f"The document unfolds to more than {MAX_VALUES:,} values; use fewer aliases.",
            )
        return sizes[id(node)]

    size(root, 1)


def dump_yaml(document: dict[str, Any]) -> str:
    """YAML that people like to read; `load` gives the same document back."""
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, UTF-8.

    Raises ValueError for what JSON or a database cannot hold: NaN and infinity, values that are
    not JSON, NUL and lone surrogates in text, nesting over 64 levels.
    """
    if too_deep(value):
        raise ValueError(_TOO_DEEP)
    try:
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
    except TypeError as error:
        raise ValueError(f"a value is not JSON: {error}") from error
    except ValueError as error:
        raise ValueError("a number is NaN or infinite, which JSON cannot hold") from error
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("a text holds half of a character (a lone surrogate)") from error
    if "\\u0000" in text and _NUL.search(text):
        raise ValueError("a text holds a NUL character; remove it")
    return text


def too_deep(value: Any, limit: int = MAX_DEPTH) -> bool:
    """Whether lists and mappings are nested more than `limit` levels. Does not recurse."""
    level = [value]
    for _ in range(limit + 1):
        level = [
            part
            for outer in level
            if isinstance(outer, dict | list)
            for part in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(part, dict | list)
        ]
        if not level:
            return False
    return True


def to_document(definition: Definition) -> dict[str, Any]:
    """The shortest document that means the same: defaults are left out, durations are text."""
    document = definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if definition.cache is False:
        for node in document.get("nodes", []):
            if node.get("cache") is False:
                del node["cache"]
    return {"schema": SCHEMA, **document}


def content_hash(definition: Definition | dict[str, Any]) -> str:
    """SHA-256 (hex) of what a definition means.

    Not in it: the layout, the order of nodes, the order of edges into different ports, and whether
    a default is written down. Whole numbers hash alike as `1` and `1.0`: a browser cannot tell
    them apart. Raises pydantic's ValidationError for a dict that is not a definition.
    """
    if isinstance(definition, dict):
        definition = Definition.model_validate(definition)
    document = to_document(definition)
    document.pop("layout", None)
    document["nodes"] = sorted(document.get("nodes", []), key=lambda node: str(node["id"]))
    document["edges"] = sorted(document.get("edges", []), key=lambda edge: str(edge["to"]))
    return _sha256(document)


def spec_digest(spec: ComponentSpec) -> str:
    """SHA-256 (hex) of a component spec, defaults left out: what a version and a cache pin."""
    return _sha256(spec.model_dump(mode="json", exclude_defaults=True))


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical_json(_whole_numbers(value)).encode()).hexdigest()


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole_numbers(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


_TOO_DEEP = f"The document is nested more than {MAX_DEPTH} levels deep; make it flatter."


def too_large_message(size: int) -> str:
    return (
        f"The document has {size:,} bytes; at most {MAX_BYTES:,} are allowed. "
        "Move large texts into files and name them in parameters."
    )


def _invalid(code: str, message: str) -> InvalidDefinition:
    return InvalidDefinition([Problem(code=code, message=message)])
