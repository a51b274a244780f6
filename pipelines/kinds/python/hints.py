"""Type hints, read from the source's syntax tree: what a port carries, what a form asks for.

Nothing here imports or runs the source. Only the standard library, because the runner reads
hints too.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_SDK = "pipelines.sdk"
#: Canonical name -> (port type, how the function wants it).
_PORTS: dict[str, tuple[str, str]] = {
    f"{_SDK}.Table": ("table", "handle"),
    f"{_SDK}.File": ("file", "handle"),
    f"{_SDK}.Image": ("image", "handle"),
    f"{_SDK}.Model": ("model", "handle"),
    f"{_SDK}.Text": ("text", "text"),
    f"{_SDK}.Json": ("json", "value"),
    "pandas.DataFrame": ("table", "pandas"),
    "pyarrow.Table": ("table", "arrow"),
    "pathlib.Path": ("file", "path"),
    "sklearn.base.BaseEstimator": ("model", "estimator"),
    "matplotlib.figure.Figure": ("image", "value"),
    "typing.Any": ("any", "natural"),
    "builtins.object": ("any", "natural"),
}
#: Canonical name -> (port type, JSON Schema).
_VALUES: dict[str, tuple[str, dict[str, Any]]] = {
    "builtins.str": ("string", {"type": "string"}),
    "builtins.int": ("integer", {"type": "integer"}),
    "builtins.float": ("number", {"type": "number"}),
    "builtins.bool": ("boolean", {"type": "boolean"}),
    "builtins.dict": ("json", {"type": "object"}),
    "builtins.list": ("list", {"type": "array"}),
    f"{_SDK}.Json": ("json", {}),
    "typing.Any": ("any", {}),
}
_LISTS = {"builtins.list", "typing.List", "collections.abc.Sequence", "typing.Sequence"}
_DICTS = {"builtins.dict", "typing.Dict", "collections.abc.Mapping", "typing.Mapping"}
_KNOWN = "Table, File, Image, Model, Text, Json, str, int, float, bool, list, dict, Literal"

_KEYWORDS = {
    "help": "description",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "choices": "enum",
    "connection_types": "x-connection-types",
}
_PARAM_FIELDS = {
    "title", "help", "minimum", "maximum", "exclusive_minimum", "exclusive_maximum", "min_length",
    "max_length", "min_items", "max_items", "pattern", "choices", "format", "language", "examples",
    "connection_types",
}  # fmt: skip


class HintError(ValueError):
    """A hint that means nothing here. `line` is the line in the source."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Hint:
    """What one annotation says. `schema` is None for a type that no form can ask for."""

    type: str = "any"
    wants: str = "natural"
    multiple: bool = False
    optional: bool = False
    schema: Mapping[str, Any] | None = field(default_factory=dict)
    #: What `Param(...)` in an Annotated said, in JSON Schema words.
    extra: Mapping[str, Any] = field(default_factory=dict)
    #: A NamedTuple of the source: its name.
    record: str | None = None


class Names:
    """What the names in a module mean: imports, aliases at module level, NamedTuple classes."""

    def __init__(self, module: ast.Module) -> None:
        self.imports: dict[str, str] = {}
        self.aliases: dict[str, ast.expr] = {}
        self.records: dict[str, ast.ClassDef] = {}
        for statement in _top_level(module.body):
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    self.imports[bound] = alias.name if alias.asname else bound
            elif isinstance(statement, ast.ImportFrom) and statement.module:
                for alias in statement.names:
                    self.imports[alias.asname or alias.name] = f"{statement.module}.{alias.name}"
            elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                target = statement.targets[0]
                if isinstance(target, ast.Name):
                    self.aliases[target.id] = statement.value
            elif isinstance(statement, ast.ClassDef):
                bases = {self.canonical(base) for base in statement.bases}
                if "typing.NamedTuple" in bases:
                    self.records[statement.name] = statement

    def canonical(self, node: ast.expr) -> str:
        """`pd.DataFrame` -> `pandas.DataFrame`, `int` -> `builtins.int`; "" for no dotted name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        root = self.imports.get(node.id)
        if root is None:
            builtin = node.id in ("str", "int", "float", "bool", "list", "dict", "object", "None")
            root = f"builtins.{node.id}" if builtin else node.id
        name = ".".join([root, *reversed(parts)])
        # `import pipelines.sdk.handles` and the like name the same classes.
        if name.startswith("pyarrow.lib."):
            return name.replace("pyarrow.lib.", "pyarrow.")
        if name.startswith("typing_extensions."):
            return name.replace("typing_extensions.", "typing.")
        return name

    def read(self, node: ast.expr | None) -> Hint:
        """The meaning of an annotation; no annotation means anything goes.

        Raises HintError, with the line, for what has no meaning as a port or a parameter.
        """
        if node is None:
            return Hint()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                inner = ast.parse(node.value, mode="eval").body
            except SyntaxError as error:
                raise HintError(f"`{node.value}` is not a type hint", node.lineno) from error
            return self.read(ast.copy_location(inner, node))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union(_flatten(node), node)
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        return self._plain(node)

    def _plain(self, node: ast.expr) -> Hint:
        name = self.canonical(node)
        if name in _VALUES and name in _PORTS:
            kind, wants = _PORTS[name]
            return Hint(kind, wants, schema=_VALUES[name][1])
        if name in _PORTS:
            kind, wants = _PORTS[name]
            schema = {"type": "string"} if kind == "text" else None
            return Hint(kind, wants, schema=schema)
        if name in _VALUES:
            kind, schema = _VALUES[name]
            return Hint(kind, "value", schema=schema)
        if name in _LISTS or name in _DICTS:
            kind, schema = _VALUES["builtins.list" if name in _LISTS else "builtins.dict"]
            return Hint(kind, "value", schema=schema)
        if isinstance(node, ast.Name) and node.id in self.records:
            return Hint(record=node.id)
        if isinstance(node, ast.Name) and node.id in self.aliases:
            target = self.aliases[node.id]
            if not any(isinstance(n, ast.Name) and n.id == node.id for n in ast.walk(target)):
                return self.read(target)
        text = ast.unparse(node)
        advice = (
            f"import it first (from {_SDK} import {text})"
            if f"{_SDK}.{text}" in _PORTS
            else f"use one of {_KNOWN}, or leave it out"
        )
        raise HintError(f"the type hint `{text}` is not known; {advice}", node.lineno)

    def _subscript(self, node: ast.Subscript) -> Hint:
        name = self.canonical(node.value)
        items = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "typing.Annotated":
            return self._annotated(items)
        if name == "typing.Optional":
            return replace(self.read(items[0]), optional=True)
        if name == "typing.Union":
            return self._union(items, node)
        if name == "typing.Literal":
            return _literal(items, node)
        if name in _DICTS:
            return Hint("json", "value", schema=self._object(items))
        if name in _LISTS:
            return self._list(items[0], node)
        raise HintError(
            f"the type hint `{ast.unparse(node)}` is not known; use one of {_KNOWN}", node.lineno
        )

    def _object(self, items: list[ast.expr]) -> dict[str, Any]:
        values = self.read(items[1]).schema if len(items) == 2 else None
        return {"type": "object", **({"additionalProperties": dict(values)} if values else {})}

    def _list(self, item: ast.expr, node: ast.expr) -> Hint:
        inner = self.read(item)
        if self.canonical(item).startswith(f"{_SDK}.") or inner.wants in (
            "pandas",
            "arrow",
            "path",
        ):
            return replace(inner, multiple=True)
        if inner.schema is None:
            raise HintError(f"`{ast.unparse(node)}` cannot be a list", node.lineno)
        schema: dict[str, Any] = {"type": "array"}
        if inner.schema:
            schema["items"] = dict(inner.schema)
        return Hint("list", "value", schema=schema)

    def _union(self, items: list[ast.expr], node: ast.expr) -> Hint:
        real = [item for item in items if not _is_none(item)]
        if len(real) < len(items) and len(real) == 1:
            return replace(self.read(real[0]), optional=True)
        hints = [self.read(item) for item in real]
        optional = len(real) < len(items)
        names = {hint.type for hint in hints}
        if names == {"integer", "number"}:
            return Hint("number", "value", optional=optional, schema={"type": "number"})
        if all(hint.schema is not None for hint in hints):
            return Hint("json", "value", optional=optional, schema={})
        raise HintError(
            f"`{ast.unparse(node)}` mixes types that one port cannot carry; use Any", node.lineno
        )

    def _annotated(self, items: list[ast.expr]) -> Hint:
        hint = self.read(items[0])
        extra = dict(hint.extra)
        for item in items[1:]:
            if isinstance(item, ast.Call) and self.canonical(item.func) == f"{_SDK}.Param":
                extra.update(_param(item))
            elif isinstance(item, ast.Constant) and isinstance(item.value, str):
                extra.setdefault("description", item.value)
        return replace(hint, extra=extra)


def json_literal(node: ast.expr, what: str) -> Any:
    """The JSON value of a literal; tuples are lists.

    Raises HintError for what must be run to be known, and for what JSON cannot hold.
    """
    try:
        text = json.dumps(ast.literal_eval(node), allow_nan=False)
        text.encode()
    except (ValueError, TypeError, SyntaxError) as error:
        raise HintError(
            f"{what} must be a literal that JSON can hold (text, numbers, lists, dicts), "
            "because the source is read, not run",
            node.lineno,
        ) from error
    return json.loads(text)


def _param(call: ast.Call) -> dict[str, Any]:
    """The keywords of `Param(...)` as JSON Schema keywords; they must be literals."""
    extra: dict[str, Any] = {}
    names = [*(("title", value) for value in call.args[:1])]
    names += [(keyword.arg or "", keyword.value) for keyword in call.keywords]
    if len(call.args) > 1:
        raise HintError("`Param` takes keywords: Param(title=..., help=...)", call.lineno)
    for name, value in names:
        if name not in _PARAM_FIELDS:
            raise HintError(
                f"`Param` has no `{name}`; it has {', '.join(sorted(_PARAM_FIELDS))}", call.lineno
            )
        literal = json_literal(value, f"`{name}` in `Param`")
        if literal is not None:
            extra[_KEYWORDS.get(name, name)] = literal
    return extra


def _literal(items: list[ast.expr], node: ast.expr) -> Hint:
    choices = [json_literal(item, f"each choice of `{ast.unparse(node)}`") for item in items]
    real = [choice for choice in choices if choice is not None]
    schema: dict[str, Any] = {"enum": real}
    kind = "json"
    for python, name, port in (
        (str, "string", "string"),
        (bool, "boolean", "boolean"),
        (int, "integer", "integer"),
    ):
        if real and all(type(choice) is python for choice in real):
            schema, kind = {"type": name, "enum": real}, port
    return Hint(kind, "value", optional=len(real) < len(choices), schema=schema)


def _flatten(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_flatten(node.left), *_flatten(node.right)]
    return [node]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements at module level, those under `if` (TYPE_CHECKING) and `try` included."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try):
            yield from _top_level(statement.body)
            yield from _top_level(statement.orelse)
