"""Which output port may feed which input port. `tests/shared/port_compatibility.json` is this table.

The rules: a type feeds itself; `any` takes and gives everything; an integer is a number; text and
strings are the same thing at different sizes; every artifact is a file; every plain value is
JSON. Nothing narrows: `json` never feeds `list`, because the step would find out too late.
"""

from .component import PortType

_ACCEPTED_BESIDES_ITSELF: dict[str, frozenset[str]] = {
    "string": frozenset({"text", "json"}),
    "text": frozenset({"string", "json"}),
    "integer": frozenset({"number", "json"}),
    "number": frozenset({"json"}),
    "boolean": frozenset({"json"}),
    "list": frozenset({"json"}),
    "table": frozenset({"file"}),
    "image": frozenset({"file"}),
    "model": frozenset({"file"}),
}


def compatible(source: PortType, target: PortType) -> bool:
    """Whether an edge may go from an output of type `source` to an input of type `target`."""
    return (
        source == target
        or "any" in (source, target)
        or target in _ACCEPTED_BESIDES_ITSELF.get(source, frozenset())
    )
