"""`{{ name }}` in an implementation: a parameter or a value input, put in its place."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
NOT_GIVEN = object()


def fill(template: Any, values: Mapping[str, Any], quote: Callable[[str], str] = str) -> Any:
    """`template` with its placeholders replaced, deep.

    A string that is one placeholder and nothing else takes the value as it is, whatever its type
    (NOT_GIVEN when there is none; such entries of a mapping are left out). Inside longer text the
    value is written as text and passed through `quote`.
    """
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template.strip())
        if whole:
            return values.get(whole.group(1), NOT_GIVEN)
        return _PLACEHOLDER.sub(lambda match: quote(_text(values.get(match.group(1)))), template)
    if isinstance(template, Mapping):
        filled = {key: fill(value, values, quote) for key, value in template.items()}
        return {key: value for key, value in filled.items() if value is not NOT_GIVEN}
    if isinstance(template, list):
        return [fill(item, values, quote) for item in template]
    return template


def is_placeholder(template: str) -> bool:
    """Whether it is one placeholder and nothing else."""
    return _PLACEHOLDER.fullmatch(template.strip()) is not None


def split(line: str) -> list[str]:
    """The words of a command line, as a shell splits it; placeholders are never torn apart.

    Raises ValueError for a quotation mark without its partner.
    """
    closed = _PLACEHOLDER.sub(lambda match: f"{{{{{match.group(1)}}}}}", line)
    return shlex.split(closed)


def names(template: Any) -> Iterator[str]:
    """Every placeholder's name, deep."""
    if isinstance(template, str):
        yield from _PLACEHOLDER.findall(template)
    elif isinstance(template, Mapping):
        for value in template.values():
            yield from names(value)
    elif isinstance(template, list):
        for item in template:
            yield from names(item)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
