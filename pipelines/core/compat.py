"""What a new version of a component changes for those who use the one before.

A change is breaking when a node that was right could be wrong, or could lose what others take from
it: a port that is gone, a value that is not allowed any more. How the component does its work, and
how it is described, breaks nothing here; whether it still does the right thing no rule can tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from .component import ComponentSpec, InputPort, OutputPort, PortType
from .interface import cases_of
from .ports import compatible

Compatibility = Literal["first", "same", "compatible", "breaking"]

_TYPES: tuple[PortType, ...] = get_args(PortType)
#: How deep schemas are compared; a `$ref` may lead back to where it stands.
_MAX_DEPTH = 12
#: Keywords that several branches share or that tie values together: any change of them may refuse
#: what was right.
_KNOTTED = (
    "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas",
    "propertyNames", "patternProperties", "prefixItems", "contains", "multipleOf",
)  # fmt: skip
_LOWER = {"minimum": "{} or more", "exclusiveMinimum": "more than {}"}
_LOWER |= {"minLength": "{} characters or more", "minItems": "{} entries or more"}
_UPPER = {"maximum": "{} or less", "exclusiveMaximum": "less than {}"}
_UPPER |= {"maxLength": "{} characters or less", "maxItems": "{} entries or less"}
_TOLD = ("title", "category", "icon", "summary", "docs", "examples")


class Change(BaseModel):
    """One difference. `where` is the dotted path in the spec (`inputs.rows`, `parameters.lr`)."""

    model_config = ConfigDict(frozen=True)

    where: str
    what: str
    breaking: bool
    message: str


def compare(old: ComponentSpec, new: ComponentSpec) -> list[Change]:
    """Every difference between two versions of a component, the breaking ones first."""
    found = [
        *_inputs(old.inputs, new.inputs),
        *_outputs(old.outputs, new.outputs),
        *_cases(old, new),
        *_schema(
            old.parameters, new.parameters, _Place("parameters", old.parameters, new.parameters)
        ),
        *_rest(old, new),
    ]
    return sorted(found, key=lambda change: not change.breaking)


def verdict(old: ComponentSpec | None, new: ComponentSpec) -> Compatibility:
    """What a version is to the one before; None when there is none."""
    return "first" if old is None else sum_up(compare(old, new))


def sum_up(changes: Sequence[Change]) -> Compatibility:
    """`same` means that nothing at all differs."""
    if any(change.breaking for change in changes):
        return "breaking"
    return "compatible" if changes else "same"


def _inputs(old: Sequence[InputPort], new: Sequence[InputPort]) -> Iterator[Change]:
    before, after = {port.name: port for port in old}, {port.name: port for port in new}
    for name, port in before.items():
        where = f"inputs.{name}"
        now = after.get(name)
        if now is None:
            yield _gone(where, f"The input `{name}`", port.type, before, after)
            continue
        if port.type != now.type:
            fits = [source for source in _TYPES if compatible(source, port.type)]
            lost = [source for source in fits if not compatible(source, now.type)]
            yield _typed(where, f"The input `{name}`", port.type, now.type, "takes", lost)
        if now.required and not port.required:
            yield Change(
                where=where,
                what="now_required",
                breaking=True,
                message=f"The input `{name}` is required now; nodes without an edge into it are "
                "not right any more.",
            )
        elif port.required and not now.required:
            yield _fine(where, "now_optional", f"The input `{name}` is optional now.")
        if port.multiple and not now.multiple:
            yield Change(
                where=where,
                what="one_edge",
                breaking=True,
                message=f"The input `{name}` takes only one edge now; it took several.",
            )
        elif now.multiple and not port.multiple:
            yield _fine(where, "many_edges", f"The input `{name}` takes several edges now.")
        if port.help != now.help:
            yield _fine(where, "described", f"The input `{name}` is described anew.")
    for name, port in after.items():
        if name in before:
            continue
        where = f"inputs.{name}"
        if port.required:
            yield Change(
                where=where,
                what="added_required",
                breaking=True,
                message=f"The input `{name}` is new and required; every node needs an edge into it.",
            )
        else:
            yield _fine(where, "added", f"The input `{name}` is new, and optional.")


def _outputs(old: Sequence[OutputPort], new: Sequence[OutputPort]) -> Iterator[Change]:
    before, after = {port.name: port for port in old}, {port.name: port for port in new}
    for name, port in before.items():
        where = f"outputs.{name}"
        now = after.get(name)
        if now is None:
            yield _gone(where, f"The output `{name}`", port.type, before, after)
            continue
        if port.type != now.type:
            fed = [target for target in _TYPES if compatible(port.type, target)]
            lost = [target for target in fed if not compatible(now.type, target)]
            yield _typed(where, f"The output `{name}`", port.type, now.type, "gives", lost)
        if port.help != now.help:
            yield _fine(where, "described", f"The output `{name}` is described anew.")
    for name in [name for name in after if name not in before]:
        yield _fine(f"outputs.{name}", "added", f"The output `{name}` is new.")


def _cases(old: ComponentSpec, new: ComponentSpec) -> Iterator[Change]:
    """The branches that leave every node alike; those that a node's own parameter lists are its own."""
    before, after = cases_of(old, {}), cases_of(new, {})
    for case in before:
        if case not in after:
            yield Change(
                where=f"cases.{case}",
                what="removed",
                breaking=True,
                message=f"The branch `{case}` is gone; edges that leave by it lead nowhere.",
            )
    for case in after:
        if case not in before:
            yield _fine(f"cases.{case}", "added", f"The branch `{case}` is new.")


def _gone(
    where: str,
    thing: str,
    port_type: PortType,
    before: Mapping[str, InputPort | OutputPort],
    after: Mapping[str, InputPort | OutputPort],
) -> Change:
    """A port that is no more. Another of its type that is new is probably the same, renamed."""
    heirs = [name for name, port in after.items() if name not in before and port.type == port_type]
    renamed = len(heirs) == 1
    hint = f", and `{heirs[0]}` of the same type is new: probably renamed" if renamed else ""
    return Change(
        where=where,
        what="renamed" if renamed else "removed",
        breaking=True,
        message=f"{thing} is gone{hint}. Edges to and from it have to be drawn anew.",
    )


def _typed(
    where: str, thing: str, old: PortType, new: PortType, verb: str, lost: Sequence[PortType]
) -> Change:
    """An input may take more than before, an output may give what fits more places; not less."""
    if not lost:
        return _fine(
            where,
            "type_widened",
            f"{thing} {verb} `{new}` instead of `{old}`; all edges still fit.",
        )
    names = ", ".join(f"`{each}`" for each in lost)
    ends = "from outputs" if verb == "takes" else "into inputs"
    return Change(
        where=where,
        what="type_narrowed",
        breaking=True,
        message=f"{thing} {verb} `{new}` instead of `{old}`; edges {ends} of type {names} "
        "do not fit any more.",
    )


class _Place:
    """Where two schemas are compared: the path, and the roots that their `$ref`s start from."""

    def __init__(self, path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self.path, self.old, self.new = path, old, new

    @property
    def name(self) -> str:
        return f"`{self.path.removeprefix('parameters.')}`"

    def at(self, *parts: str) -> "_Place":
        return _Place(".".join([self.path, *parts]), self.old, self.new)

    def breaks(self, what: str, text: str) -> Change:
        return Change(where=self.path, what=what, breaking=True, message=f"{self._said()} {text}")

    def allows(self, what: str, text: str) -> Change:
        return Change(where=self.path, what=what, breaking=False, message=f"{self._said()} {text}")

    def _said(self) -> str:
        return "The parameters" if self.path == "parameters" else f"The parameter {self.name}"


def _schema(old: Any, new: Any, place: _Place, depth: int = 0) -> Iterator[Change]:
    """Two JSON Schemas: what was allowed and is not any more, and what else differs."""
    old, new = _resolved(old, place.old), _resolved(new, place.new)
    if old == new or depth > _MAX_DEPTH:
        return
    yield from _values(old, new, place)
    yield from _limits(old, new, place)
    for key in _KNOTTED:
        if old.get(key) != new.get(key):
            if key in new:
                yield place.breaks(
                    "rule_changed",
                    f"follow{'' if place.path == 'parameters' else 's'} another rule (`{key}`), which may refuse what was right before.",
                )
            else:
                yield place.allows("rule_dropped", f"no longer need to follow a rule (`{key}`).")
    if "items" in new and old.get("items") != new["items"]:
        yield from _schema(old.get("items", {}), new["items"], place.at("entries"), depth + 1)
    yield from _properties(old, new, place, depth)
    if depth and old.get("default") != new.get("default") and "default" in new:
        text = f"is {_short(new['default'])} where nothing is set"
        was = f"; it was {_short(old['default'])}" if "default" in old else ""
        yield place.allows("default_changed", f"{text}{was}.")
    if any(old.get(key) != new.get(key) for key in ("title", "description", "examples")):
        yield place.allows("described", "is described anew." if depth else "are described anew.")


def _values(old: Mapping[str, Any], new: Mapping[str, Any], place: _Place) -> Iterator[Change]:
    """Types and choices."""
    before, after = _types(old), _types(new)
    if before != after:
        lost = _lost_types(before, after)
        words = " or ".join(f"`{each}`" for each in sorted(after or ())) or "anything"
        was = " or ".join(f"`{each}`" for each in sorted(before or ())) or "anything"
        if lost:
            yield place.breaks("type_narrowed", f"takes {words} now; it took {was}.")
        else:
            yield place.allows("type_widened", f"takes {words} now; it took {was}.")
    choices, allowed = _choices(old), _choices(new)
    if choices != allowed:
        if allowed is None:
            yield place.allows("enum_dropped", "takes other values than those of a list, too.")
        elif choices is None:
            listed = ", ".join(map(_short, allowed))
            yield place.breaks("enum_narrowed", f"takes only {listed} now.")
        elif gone := [choice for choice in choices if choice not in allowed]:
            yield place.breaks(
                "enum_narrowed", f"takes no {', '.join(map(_short, gone))} any more."
            )
        elif added := [choice for choice in allowed if choice not in choices]:
            yield place.allows("enum_widened", f"takes {', '.join(map(_short, added))}, too.")
    if old.get("format") != new.get("format"):
        if "cel" in (old.get("format"), new.get("format")):
            is_now = "an expression" if new.get("format") == "cel" else "a plain value"
            yield place.breaks("format_changed", f"is {is_now} now.")
        else:
            yield place.allows("described", "is shown as another kind of field.")


def _limits(old: Mapping[str, Any], new: Mapping[str, Any], place: _Place) -> Iterator[Change]:
    for words, tighter in ((_LOWER, 1), (_UPPER, -1)):
        for key, text in words.items():
            before, after = old.get(key), new.get(key)
            if before == after:
                continue
            said = text.format(after if after is not None else before)
            if after is None:
                yield place.allows("limit_dropped", f"need not be {said} any more.")
            elif before is None or _exceeds(after, before, tighter):
                yield place.breaks("limit_tightened", f"must be {said} now.")
            else:
                yield place.allows("limit_loosened", f"may be {said} now.")
    if old.get("pattern") != new.get("pattern"):
        if "pattern" in new:
            yield place.breaks("pattern_changed", f"must look like `{new['pattern']}` now.")
        else:
            yield place.allows("pattern_dropped", "need not look like a pattern any more.")
    if bool(new.get("uniqueItems")) != bool(old.get("uniqueItems")):
        if new.get("uniqueItems"):
            yield place.breaks("unique", "must not hold the same entry twice now.")
        else:
            yield place.allows("unique_dropped", "may hold the same entry twice now.")


def _properties(
    old: Mapping[str, Any], new: Mapping[str, Any], place: _Place, depth: int
) -> Iterator[Change]:
    before, after = _parts(old), _parts(new)
    needed, needs = set(old.get("required") or ()), set(new.get("required") or ())
    # A component's own form is closed unless it says otherwise; elsewhere JSON Schema is open.
    otherwise = depth > 0
    is_open = new.get("additionalProperties", otherwise) is not False
    if not is_open and old.get("additionalProperties", otherwise) is not False:
        yield place.breaks("closed", "take only the named ones now.")
    elif is_open and old.get("additionalProperties", otherwise) is False:
        yield place.allows("opened", "take others than the named ones, too.")
    for name, part in before.items():
        at = place.at(name)
        if name not in after:
            if is_open:
                yield at.allows("removed", "is not named any more; a value for it is still taken.")
            else:
                yield at.breaks("removed", "is gone; nodes that set it are not right any more.")
            continue
        yield from _schema(part, after[name], at, depth + 1)
        if name in needs and name not in needed and "default" not in after[name]:
            yield at.breaks("now_required", "is required now; nodes that do not set it need to.")
        elif (
            name in needed and name in needs and "default" in part and "default" not in after[name]
        ):
            yield at.breaks("default_dropped", "has no default any more; nodes need to set it.")
        elif name in needed and name not in needs:
            yield at.allows("now_optional", "is optional now.")
    for name, part in after.items():
        if name in before:
            continue
        at = place.at(name)
        if name in needs and "default" not in part:
            yield at.breaks("added_required", "is new and required; every node needs to set it.")
        else:
            yield at.allows("added", "is new; nodes that do not set it are fine.")


def _rest(old: ComponentSpec, new: ComponentSpec) -> Iterator[Change]:
    if old.kind != new.kind:
        yield _fine("kind", "kind_changed", f"It runs as `{new.kind}` now; it ran as `{old.kind}`.")
    changed = [
        key
        for key in {**old.implementation, **new.implementation}
        if old.implementation.get(key) != new.implementation.get(key)
    ]
    if changed:
        names = ", ".join(f"`{key}`" for key in changed)
        yield _fine("implementation", "implementation_changed", f"How it works differs: {names}.")
    for field in _TOLD:
        if getattr(old, field) != getattr(new, field):
            yield _fine(field, "described", f"Its {field} differ{'' if field == 'docs' else 's'}.")
    if [port.name for port in old.inputs] != [port.name for port in new.inputs] and {
        port.name for port in old.inputs
    } == {port.name for port in new.inputs}:
        yield _fine("inputs", "reordered", "Its inputs stand in another order.")


def _fine(where: str, what: str, message: str) -> Change:
    return Change(where=where, what=what, breaking=False, message=message)


def _parts(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = schema.get("properties")
    parts = found if isinstance(found, dict) else {}
    return {name: part if isinstance(part, dict) else {} for name, part in parts.items()}


def _resolved(schema: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with a `$ref` into its own root followed; what else stands beside it counts, too."""
    found: dict[str, Any] = schema if isinstance(schema, dict) else {}
    for _ in range(_MAX_DEPTH):
        ref = found.get("$ref")
        if not isinstance(ref, str) or not ref.startswith("#/"):
            break
        target: Any = root
        for part in ref[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, dict) else None
        beside = {key: value for key, value in found.items() if key != "$ref"}
        found = {**(target if isinstance(target, dict) else {}), **beside}
    return found


def _types(schema: Mapping[str, Any]) -> frozenset[str] | None:
    found = schema.get("type")
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(map(str, found)) if isinstance(found, list) else None


def _lost_types(before: frozenset[str] | None, after: frozenset[str] | None) -> bool:
    """Whether a value of one of the types is not allowed any more; every integer is a number."""
    if after is None:
        return False
    wider = after | {"integer"} if "number" in after else after
    return before is None or not before <= wider


def _choices(schema: Mapping[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    found = schema.get("enum")
    return found if isinstance(found, list) else None


def _exceeds(after: Any, before: Any, tighter: int) -> bool:
    """Whether a limit is tighter than before; what is no number cannot be told to be looser."""
    numbers = isinstance(after, int | float) and isinstance(before, int | float)
    return not numbers or (after - before) * tighter > 0


def _short(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"
