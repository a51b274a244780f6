"""Runs a python component: compiles its source, calls its function, collects what it returned."""

import linecache
import sys
import traceback
import types
from collections.abc import Mapping
from typing import Any, NoReturn

from pipelines.sdk import Failure

from ..contract import Step, StepFailed
from ..inputs import decode
from ..outputs import encode_all
from .signature import NO_DEFAULT, Argument, Signature, SourceError, parse_source, read_signature

MODULE = "penstock_component"
#: What is wrong with the code itself, or with the packages it runs with: the same each time.
_WRONG_CODE = (SyntaxError, NameError, ImportError)


def run(step: Step) -> Mapping[str, Any]:
    """Call the function with its inputs and parameters, and encode what it returns.

    The source is the implementation's `source`, or the value of the parameter that the
    implementation names as `source_parameter`.
    """
    source, filename = _source(step)
    try:
        tree = parse_source(source, filename)
        signature = read_signature(tree, _function_name(step))
    except SourceError as error:
        text = f"{filename}, {error}"
        raise StepFailed(
            "exception", text, traceback=text, line=error.line, permanent=True
        ) from error
    try:
        arguments = _arguments(step, signature)
    except ModuleNotFoundError as error:
        message = f"an input cannot be read: {_missing_module(error, step)}"
        raise StepFailed("setup", message, permanent=True) from error
    try:
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        module = types.ModuleType(MODULE)
        module.__file__ = filename
        # Dataclasses, pickling and get_type_hints look a function's module up by its name.
        sys.modules[MODULE] = module
        exec(compile(tree, filename, "exec"), module.__dict__)  # noqa: S102
        returned = module.__dict__[signature.name](**arguments)
    except StepFailed:
        raise
    except BaseException as error:
        _fail(error, filename, step)
    try:
        return encode_all(step, _by_port(step, signature, returned))
    except ModuleNotFoundError as error:
        message = f"an output cannot be kept: {_missing_module(error, step)}"
        raise StepFailed("output", message, permanent=True) from error


def _source(step: Step) -> tuple[str, str]:
    implementation = step.implementation
    parameter = implementation.get("source_parameter")
    if parameter:
        return str(step.params.get(parameter) or ""), f"<{parameter}>"
    return str(implementation.get("source") or ""), f"<{step.name}>"


def _function_name(step: Step) -> str | None:
    name = step.implementation.get("function")
    return str(name) if name else None


def _arguments(step: Step, signature: Signature) -> dict[str, Any]:
    """Values by argument name. What was not given keeps the function's own default."""
    arguments: dict[str, Any] = {}
    for argument in signature.inputs:
        if argument.name in step.inputs:
            raw = step.inputs[argument.name]
            arguments[argument.name] = decode(argument.name, raw, argument.hint.wants)
        elif argument.hint.multiple and not argument.required:
            arguments[argument.name] = []
        else:
            _missing(argument, arguments, "input")
    source_parameter = step.implementation.get("source_parameter")
    for argument in signature.params:
        if argument.name in step.params and argument.name != source_parameter:
            arguments[argument.name] = step.params[argument.name]
        else:
            _missing(argument, arguments, "parameter")
    return arguments


def _missing(argument: Argument, arguments: dict[str, Any], what: str) -> None:
    if argument.required:
        raise StepFailed("setup", f"the {what} `{argument.name}` has no value", permanent=True)
    if argument.default is NO_DEFAULT:
        arguments[argument.name] = None


def _by_port(step: Step, signature: Signature, returned: Any) -> dict[str, Any]:
    ports = [str(port["name"]) for port in step.spec.get("outputs") or ()]
    if not ports:
        return {}
    if signature.record is None and len(ports) == 1:
        return {ports[0]: returned}
    if isinstance(returned, Mapping):
        values = dict(returned)
    elif hasattr(returned, "_asdict"):
        values = dict(returned._asdict())
    elif isinstance(returned, tuple) and len(returned) == len(ports):
        values = dict(zip(ports, returned, strict=True))
    else:
        raise StepFailed(
            "output",
            f"`{signature.name}` should return its outputs {', '.join(f'`{p}`' for p in ports)}, "
            f"but returned a {type(returned).__name__}",
        )
    missing = [port for port in ports if port not in values]
    if missing:
        raise StepFailed("output", f"`{signature.name}` did not return {', '.join(missing)}")
    return values


def _fail(error: BaseException, filename: str, step: Step) -> NoReturn:
    """Turn what the user's code raised into a failed step, with the user's own frames alone."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    line = _line(error, filename)
    if isinstance(error, Failure):
        raise StepFailed("exception", str(error), line=line) from error
    if isinstance(error, SystemExit):
        message = f"the code called sys.exit({error.code!r}) before it returned its outputs"
        raise StepFailed("exit", message, line=line) from error
    text = "".join(
        _user_frames(traceback.TracebackException.from_exception(error), filename).format()
    )
    message = "".join(traceback.format_exception_only(error)).strip()
    if isinstance(error, ModuleNotFoundError):
        message = f"{type(error).__name__}: {_missing_module(error, step)}"
    elif isinstance(error, MemoryError) and not str(error):
        message = "MemoryError: the code asked for more memory than there is"
    kind = "memory" if isinstance(error, MemoryError) else "exception"
    permanent = isinstance(error, _WRONG_CODE)
    raise StepFailed(kind, message, traceback=text, line=line, permanent=permanent) from error


def _missing_module(error: ModuleNotFoundError, step: Step) -> str:
    name = (error.name or "").partition(".")[0]
    if not name or name in sys.modules:
        return str(error)
    where = (
        f'at the top of the code (`# /// script`, `# dependencies = ["{name}"]`, `# ///`)'
        if step.implementation.get("source_parameter")
        else "in the component's requirements"
    )
    return f"{error}; name the package that brings `{name}` {where}"


def _line(error: BaseException, filename: str) -> int | None:
    """The line in the user's source where it happened: the innermost of the user's frames."""
    if isinstance(error, SyntaxError) and error.filename == filename:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == filename), None)


def _user_frames(
    error: traceback.TracebackException, filename: str
) -> traceback.TracebackException:
    error.stack = traceback.StackSummary.from_list(
        [frame for frame in error.stack if frame.filename == filename]
    )
    for inner in (error.__cause__, error.__context__):
        if inner is not None:
            _user_frames(inner, filename)
    return error
