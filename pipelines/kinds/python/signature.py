"""One function of a source: its inputs, parameters and outputs, as the syntax tree tells them.

Positional parameters are input ports, keyword-only ones are parameters.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .hints import Hint, HintError, Names, json_literal

#: The name of a single output, by what it is.
_OUTPUT_NAMES = {
    "table": "table",
    "model": "model",
    "image": "image",
    "text": "text",
    "file": "file",
}
_COMPONENT = ("pipelines.sdk.component", "pipelines.sdk.declare.component")
NO_DEFAULT = object()


class SourceError(ValueError):
    """What is wrong with a source. `code` is a problem code, `line` the line in the source."""

    def __init__(self, code: str, message: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.code = code
        self.line = line


@dataclass(frozen=True)
class Argument:
    name: str
    hint: Hint
    default: Any = NO_DEFAULT

    @property
    def required(self) -> bool:
        return self.default is NO_DEFAULT and not self.hint.optional


@dataclass(frozen=True)
class Signature:
    name: str
    inputs: tuple[Argument, ...]
    params: tuple[Argument, ...]
    outputs: tuple[tuple[str, Hint], ...]
    docstring: str | None = None
    #: The docstring of the NamedTuple that the function returns, if it returns one.
    record_docstring: str | None = None
    record: str | None = None
    declared: Mapping[str, str] = field(default_factory=dict)
    line: int = 1


def parse_source(source: str, filename: str = "<component>") -> ast.Module:
    """Raises SourceError of code `syntax_error`, with the line."""
    try:
        return ast.parse(source, filename)
    except SyntaxError as error:
        message = f"the source is not valid Python: {error.msg}"
        raise SourceError("syntax_error", message, error.lineno) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise SourceError("syntax_error", f"the source cannot be read: {error}") from error


def read_signature(module: ast.Module, function: str | None = None) -> Signature:
    """The signature of `function`; without a name, of the decorated function, else of the only
    public one, else of `run`.

    Raises SourceError: `no_function`, `unknown_hint`, `bad_default`, `bad_signature`.
    """
    names = Names(module)
    node = _find(module, names, function)
    if isinstance(node, ast.AsyncFunctionDef):
        raise SourceError(
            "bad_signature", f"`{node.name}` is async; use a plain `def`", node.lineno
        )
    try:
        inputs, params = _arguments(node, names)
        record, record_docstring, outputs = _outputs(node, names)
    except HintError as error:
        raise SourceError("unknown_hint", str(error), error.line) from error
    except RecursionError as error:
        message = f"the type hints of `{node.name}` lead in a circle or are nested too deeply"
        raise SourceError("unknown_hint", message, node.lineno) from error
    return Signature(
        name=node.name,
        inputs=inputs,
        params=params,
        outputs=outputs,
        docstring=ast.get_docstring(node),
        record=record,
        record_docstring=record_docstring,
        declared=_declared(node, names),
        line=node.lineno,
    )


def _find(
    module: ast.Module, names: Names, function: str | None
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    found = [n for n in module.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    if function:
        # The last definition of a name is the one that counts when the source runs.
        chosen = [node for node in found if node.name == function][-1:]
    else:
        marked = [node for node in found if _decorator(node, names) is not None]
        public = [node for node in found if not node.name.startswith("_")]
        chosen = marked or public
        if len(chosen) > 1:
            chosen = [node for node in chosen if node.name == "run"][-1:] or chosen
        if len(chosen) > 1:
            listed = ", ".join(f"`{node.name}`" for node in chosen)
            raise SourceError(
                "no_function",
                f"the source has several functions ({listed}); call the one that counts `run`, or "
                "mark it alone with @component",
            )
    if not chosen:
        missing = f"no function `{function}`" if function else "no function"
        there = ", ".join(f"`{node.name}`" for node in found)
        raise SourceError(
            "no_function", f"the source has {missing}" + (f"; it has {there}" if there else "")
        )
    return chosen[0]


def _arguments(
    node: ast.FunctionDef, names: Names
) -> tuple[tuple[Argument, ...], tuple[Argument, ...]]:
    arguments = node.args
    if arguments.vararg or arguments.kwarg:
        raise SourceError(
            "bad_signature",
            f"`{node.name}` takes *args or **kwargs; name every input, and every parameter after *",
            node.lineno,
        )
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults
    inputs = [
        Argument(argument.arg, names.read(argument.annotation), _default(default, argument.arg))
        for argument, default in zip(positional, defaults, strict=True)
    ]
    params = []
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        hint = names.read(argument.annotation)
        if hint.schema is None or hint.multiple or hint.record:
            raise SourceError(
                "unknown_hint",
                f"`{argument.arg}` is a parameter (it stands after *), and no form can ask for a "
                f"{hint.type}; make it an input by moving it before the *",
                argument.lineno,
            )
        params.append(Argument(argument.arg, hint, _default(default, argument.arg)))
    return tuple(inputs), tuple(params)


def _default(node: ast.expr | None, name: str) -> Any:
    if node is None:
        return NO_DEFAULT
    try:
        return json_literal(node, f"the default of `{name}`")
    except HintError as error:
        raise SourceError("bad_default", str(error), error.line) from error


def _outputs(
    node: ast.FunctionDef, names: Names
) -> tuple[str | None, str | None, tuple[tuple[str, Hint], ...]]:
    returns = node.returns
    if isinstance(returns, ast.Constant) and returns.value is None:
        return None, None, ()
    hint = names.read(returns)
    if hint.record is None:
        return None, None, ((_OUTPUT_NAMES.get(hint.type, "result"), hint),)
    record = names.records[hint.record]
    fields = [
        (statement.target.id, names.read(statement.annotation))
        for statement in record.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
    return hint.record, ast.get_docstring(record), tuple(fields)


def _decorator(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> ast.expr | None:
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if names.canonical(target) in _COMPONENT:
            return decorator
    return None


def _declared(node: ast.FunctionDef, names: Names) -> dict[str, str]:
    decorator = _decorator(node, names)
    declared: dict[str, str] = {}
    for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
        try:
            declared[keyword.arg or ""] = str(json_literal(keyword.value, f"`{keyword.arg}`"))
        except HintError as error:
            raise SourceError("bad_signature", str(error), error.line) from error
    return declared
