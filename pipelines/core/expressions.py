"""Expressions: CEL (Common Expression Language), bare in `when`, inside `${{ }}` in parameters.

CEL is typed, has no side effects and always ends. What it may look at: `params.NAME`,
`nodes.ID.outputs.PORT`, `nodes.ID.state`, `run.id` and `run.number`; in some places also
`inputs.PORT` (branches and approvals), `each.value` and `each.index` (mapped nodes), `outputs.NAME`
and `round.number` (the condition of a loop).
"""

import datetime
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from .expression_tokens import (
    COMMON_ROOTS,
    ROOTS,
    Reference,
    find_references,
    loop_depth,
    simple_path,
    split_template,
    unknown_names,
)
from .serialize import canonical_json

__all__ = [
    "ExpressionError",
    "Reference",
    "check_syntax",
    "check_template",
    "evaluate",
    "has_template",
    "references",
    "render",
    "template_references",
]

MAX_LENGTH = 4096
#: `map` inside `map` inside `filter` is as deep as loops may go.
MAX_LOOPS = 3
#: Turns that the loops of one expression may take; characters and elements that it may chew on.
MAX_STEPS = 1_000_000
MAX_SIZE = 64 * 1024 * 1024
#: The library copies the list so far for each element that `map` and `filter` add to it.
MAX_COPIES = 25_000_000
_BUILDS = re.compile(r"\.\s*(?:map|filter)\s*\(")

FUNCTIONS = frozenset(
    {
        "size", "contains", "startsWith", "endsWith", "matches",
        "int", "uint", "double", "string", "bytes", "timestamp", "duration", "type", "dyn",
        "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
        "getHours", "getMinutes", "getSeconds", "getMilliseconds",
    }
)  # fmt: skip
_PYTHON_WORDS = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "True": "true",
    "False": "false",
    "None": "null",
    "is": "==",
    "=": "==",
}
_WORD = re.compile(r"^[A-Za-z]\w*$")
_SYNTAX = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*?)(?: expecting .*)?$", re.M)


class ExpressionError(ValueError):
    """An expression that cannot be read or has no value; the message is for people."""


def check_syntax(expression: str) -> str | None:
    """What is wrong with a bare expression, or None. Names are checked, values are not."""
    try:
        _compile(expression)
    except ExpressionError as error:
        return str(error)
    return None


def references(expression: str) -> list[Reference]:
    """Everything under a root such as `params` that the expression looks at, in order, once."""
    return find_references(expression)


def has_template(value: Any) -> bool:
    """Whether a `${{` stands anywhere inside a parameter value."""
    if isinstance(value, str):
        return "${{" in value
    if isinstance(value, dict):
        return any(has_template(part) for part in value.values())
    if isinstance(value, list):
        return any(has_template(part) for part in value)
    return False


def check_template(value: Any) -> list[str]:
    """What is wrong with the `${{ }}` inside a parameter value; empty when nothing is."""
    return [
        message
        for expression in _expressions(value)
        if (message := expression if isinstance(expression, _Broken) else check_syntax(expression))
    ]


def template_references(value: Any) -> list[Reference]:
    """What the `${{ }}` inside a parameter value look at. Broken ones look at nothing."""
    found: dict[Reference, None] = {}
    for expression in _expressions(value):
        if not isinstance(expression, _Broken):
            found.update(dict.fromkeys(find_references(expression)))
    return list(found)


def evaluate(expression: str, scope: Mapping[str, Any]) -> Any:
    """The value of a bare expression: plain JSON. Times become ISO text, durations seconds.

    `scope` is `{"params": {...}, "nodes": {id: {"outputs": {...}, "state": ...}}, "run": {...}}`,
    with what else is known in the expression's place.
    Raises ExpressionError, also for an expression that would take too long on these values.
    """
    program = _compile(expression)
    path = simple_path(expression)
    if path is not None:
        return _look_up(path, scope)
    narrowed = _narrow(find_references(expression), scope)
    _check_cost(expression, narrowed)
    return _plain(_guarded(lambda: program.execute(narrowed), expression), expression)


def render(value: Any, scope: Mapping[str, Any]) -> Any:
    """`value` with every `${{ }}` in it replaced, however deep.

    A text that is one `${{ }}` and nothing else becomes the value with its type; inside longer
    text a value is written as text (JSON for what is not text). Raises ExpressionError.
    """
    if isinstance(value, dict):
        return {key: render(part, scope) for key, part in value.items()}
    if isinstance(value, list):
        return [render(part, scope) for part in value]
    if not isinstance(value, str) or "${{" not in value:
        return value
    try:
        parts = split_template(value)
    except ValueError as error:
        raise ExpressionError(str(error)) from error
    if len(parts) == 1 and parts[0].is_expression:
        return evaluate(parts[0].text, scope)
    return "".join(
        _as_text(evaluate(part.text, scope)) if part.is_expression else part.text for part in parts
    )


class _Broken(str):
    """A message in place of an expression: the template around it cannot be split."""


def _expressions(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for part in value.values() for found in _expressions(part)]
    if isinstance(value, list):
        return [found for part in value for found in _expressions(part)]
    if not isinstance(value, str) or "${{" not in value:
        return []
    try:
        return [part.text for part in split_template(value) if part.is_expression]
    except ValueError as error:
        return [_Broken(error)]


@lru_cache(maxsize=4096)
def _compile(expression: str) -> Any:
    """The compiled program; None for a plain path, which needs none. Raises ExpressionError."""
    if len(expression) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression has {len(expression):,} characters; at most {MAX_LENGTH:,} are "
            "allowed. Do this work in a component instead"
        )
    if not expression.strip():
        raise ExpressionError("the expression is empty; write one such as `params.name`")
    if (path := simple_path(expression)) is not None and path[0] in ROOTS:
        return None
    # Imported here: the package loads a command line of its own, 8 MB that few processes need.
    import cel

    program = _guarded(lambda: cel.compile(expression), expression)
    names = unknown_names(expression)
    if names:
        hint = _PYTHON_WORDS.get(names[0])
        if names[0] in COMMON_ROOTS:
            raise ExpressionError(
                f"`{names[0]}` cannot be the variable of a loop in `{expression}`; "
                "choose another name, such as `item`"
            )
        raise ExpressionError(
            f"`{names[0]}` is not known in `{expression}`; "
            + (f"write `{hint}`" if hint else "use `params.…`, `nodes.….outputs.…` or `run.…`")
        )
    strange = [name for name in program.functions() if _WORD.match(name) and name not in FUNCTIONS]
    if strange:
        raise ExpressionError(
            f"`{strange[0]}` in `{expression}` is not a function; there are "
            "size, contains, startsWith, endsWith, matches, int, double, string, timestamp, "
            "duration, has, all, exists, exists_one, map, filter"
        )
    if loop_depth(expression) > MAX_LOOPS:
        raise ExpressionError(
            f"`{expression}` nests more than {MAX_LOOPS} loops; do this work in a component instead"
        )
    return program


def _look_up(path: tuple[str, ...], scope: Mapping[str, Any]) -> Any:
    value: Any = scope
    for index, key in enumerate(path):
        if not isinstance(value, Mapping) or key not in value:
            raise ExpressionError(_absent(path, index, value))
        value = value[key]
    return value


def _absent(path: tuple[str, ...], index: int, value: Any) -> str:
    before, text = ".".join(path[:index]), ".".join(path)
    if not isinstance(value, Mapping):
        return f"`{text}` has no value: `{before}` is not a mapping"
    known = ", ".join(f"`{key}`" for key in list(value)[:10]) or "nothing"
    return f"`{text}` has no value: `{before or 'the scope'}` has no `{path[index]}`, only {known}"


def _narrow(found: list[Reference], scope: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Only what an expression names: converting a run's every output would cost far more."""
    narrowed: dict[str, dict[str, Any]] = {root: {} for root in ROOTS}
    for reference in found:
        root = scope.get(reference.root, {})
        if reference.name is None:
            narrowed[reference.root] = dict(root)
        elif reference.name in root:
            narrowed[reference.root][reference.name] = root[reference.name]
    return narrowed


def _check_cost(expression: str, scope: Mapping[str, Any]) -> None:
    """Loops run once per element, loops in loops multiply, and nobody can interrupt them."""
    depth = loop_depth(expression)
    longest, size = _size(scope)
    longest = max(longest, expression.count(","))
    steps = longest**depth if depth else 1
    if steps > MAX_STEPS:
        raise ExpressionError(
            f"`{expression}` would loop about {steps:,} times; at most {MAX_STEPS:,} are "
            "allowed. Do this work in a component instead"
        )
    again = _narrow(find_references(expression, inside_loops=True), scope)
    if (size + steps * _size(again)[1]) * (1 + expression.count("+")) > MAX_SIZE:
        raise ExpressionError(
            f"`{expression}` would build too large a value; do this work in a component instead"
        )
    most = math.floor(MAX_COPIES ** (1 / (depth + 1)) + 1e-6)
    if _BUILDS.search(expression) and longest > most:
        raise ExpressionError(
            f"`{expression}` would build a list out of {longest:,} elements; `map` and `filter` "
            f"are for at most {most:,} here. Do this work in a component instead"
        )


def _size(value: Any) -> tuple[int, int]:
    """The length of the longest list or mapping in `value`, and all its elements and characters."""
    longest = size = 0
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            size += len(part)
        elif isinstance(part, Mapping | list):
            longest = max(longest, len(part))
            size += len(part)
            todo.extend(part.values() if isinstance(part, Mapping) else part)
    return longest, size


def _guarded(call: Callable[[], Any], expression: str) -> Any:
    try:
        return call()
    except Exception as error:
        raise ExpressionError(_explain(error, expression)) from error
    except BaseException as error:
        # A panic of the Rust library is not an Exception, and must not take a worker down.
        if type(error).__name__ != "PanicException":
            raise
        raise ExpressionError(f"`{expression}` cannot be evaluated: {error}") from error


def _explain(error: Exception, expression: str) -> str:
    """CEL's errors, said for the people who write the expressions."""
    text = str(error)
    if text.startswith("Failed to parse"):
        return _explain_syntax(text, expression)
    if isinstance(error, KeyError):
        return f"`{expression}` has no value: there is no `{error.args[0]}`"
    if isinstance(error, IndexError):
        return f"`{expression}` has no value: {text.replace('index out of bounds:', 'no element')}"
    if isinstance(error, ZeroDivisionError):
        return f"`{expression}` divides by zero"
    if isinstance(error, OverflowError):
        return f"`{expression}` leaves the range of 64-bit whole numbers"
    if isinstance(error, TypeError):
        return (
            f"`{expression}` mixes types that do not go together; convert with double(…), int(…) "
            "or string(…), for example `double(params.n) * 0.5`"
        )
    return f"`{expression}` cannot be evaluated: {text}"


def _explain_syntax(text: str, expression: str) -> str:
    found = _SYNTAX.search(text)
    if found is None:
        return f"`{expression}` is not an expression: {text}"
    column, message = int(found[2]), found[3].strip()
    word = re.search(r"input '(.*)'", message)
    if "<EOF>" in message:
        what = "it ends too early"
    elif "token recognition" in message:
        broken = message.partition("at: '")[2][:-1].strip()
        hint = _PYTHON_WORDS.get(broken)
        what = f"write `{hint}` instead of `{broken}`" if hint else f"`{broken}` cannot be read"
        if broken[:1] in ("'", '"'):
            what = "a text is not closed with a quote"
    elif word:
        before = re.findall(r"\w+", expression[: column - 1])
        culprit = word[1] if word[1] in _PYTHON_WORDS else before[-1] if before else ""
        hint = _PYTHON_WORDS.get(culprit)
        what = f"write `{hint}` instead of `{culprit}`" if hint else f"`{word[1]}` is unexpected"
    else:
        what = message
    return f"`{expression}` is not an expression: at character {column}, {what}"


def _plain(value: Any, expression: str) -> Any:
    """The result as JSON. Raises ExpressionError for what JSON cannot hold."""
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, dict):
        return {_key(key): _plain(part, expression) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part, expression) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError(f"`{expression}` gives {value}, which is not a number for JSON")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ExpressionError(
        f"`{expression}` gives {type(value).__name__}, which has no JSON form; use string(…)"
    )


def _key(key: Any) -> str:
    return key if isinstance(key, str) else _as_text(key)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)
