"""From source to spec: what the catalog stores about a python component, and what it refuses."""

import re
from collections.abc import Mapping, Set
from functools import lru_cache
from typing import Any

import yaml

from pipelines.core.component import ComponentSpec, Example, InputPort, OutputPort
from pipelines.core.expressions import has_template
from pipelines.core.problems import InvalidDefinition, Problem

from ..checks import common_problems, make_spec, parameter_source_problems, properties
from . import docstring, requirements
from .requirements import BadRequirements
from .signature import NO_DEFAULT, Argument, Signature, SourceError, parse_source, read_signature

#: Packages that the warm pool `data` has loaded.
DATA_PACKAGES = frozenset(
    {"numpy", "pandas", "pyarrow", "duckdb", "sklearn", "scipy", "matplotlib", "joblib"}
)
_SDK_DATA_MODULES = ("pipelines.sdk.duck", "pipelines.sdk.tables", "pipelines.sdk.plots")
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([\w.]+)", re.MULTILINE)

FORM: dict[str, Any] = {
    "type": "object",
    "required": ["source"],
    "properties": {
        "source": {
            "type": "string",
            "title": "Source",
            "description": "One function; its type hints are its ports, its docstring its docs",
            "format": "code",
            "language": "python",
        },
        "function": {
            "type": "string",
            "title": "Function",
            "description": "Only needed when the source has several and none has @component",
        },
        "requirements": {
            "type": "array",
            "title": "Requirements",
            "description": "Packages to install for it, such as requests>=2.32; a `# /// script` "
            "block in the source says the same",
            "items": {"type": "string"},
        },
    },
}
#: What an author begins with in the browser: it can be published and run as it is.
START: dict[str, Any] = {
    "source": '''import pandas as pd


def top_rows(table: pd.DataFrame, *, column: str, count: int = 10) -> pd.DataFrame:
    """Keep the rows with the largest values.

    Args:
        table: Any table.
        column: The column to sort by.
        count: How many rows stay.

    Returns:
        The largest rows, the largest first.
    """
    return table.sort_values(column, ascending=False).head(count)
''',
}


def build(fields: Mapping[str, Any]) -> ComponentSpec:
    """The spec that a source describes.

    `fields` has `source` and may have `function`, `namespace`, `name`, `title`, `category`,
    `icon`, which win over what the source's `@component(...)` says, and `requirements`, which are
    added to those of the source's `# /// script` block. The source is only read, never imported.
    Raises InvalidDefinition with everything that is wrong.
    """
    source = str(fields.get("source") or "")
    try:
        signature = read_signature(parse_source(source), fields.get("function") or None)
        docs = docstring.parse(signature.docstring)
        examples = _examples(docs.examples)
    except SourceError as error:
        raise InvalidDefinition([_problem(error)]) from error
    implementation: dict[str, Any] = {"source": source, "function": signature.name}
    try:
        needed = requirements.of_fields(fields, source)
    except BadRequirements as error:
        message = str(error)
        raise InvalidDefinition(
            [Problem(code="bad_requirements", message=message, field="requirements")]
        ) from error
    if needed.packages:
        implementation["requirements"] = list(needed.packages)
    if needed.python:
        implementation["requires_python"] = needed.python
    chosen: dict[str, Any] = {
        key: str(fields.get(key) or signature.declared.get(key) or default)
        for key, default in (
            ("namespace", "user"),
            ("name", signature.name.lower()),
            ("title", _humanise(signature.name)),
            ("category", "Code"),
            ("icon", "square-function"),
        )
    }
    return make_spec(
        **chosen,
        kind="python",
        summary=docs.summary[:300],
        docs=docs.body,
        inputs=[_input(argument, docs) for argument in signature.inputs],
        outputs=_outputs(signature, docs),
        parameters=_schema(signature, docs),
        implementation=implementation,
        examples=examples,
    )


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec, whoever wrote it. An empty list means that it can run."""
    problems = common_problems(spec)
    implementation = spec.implementation
    missing = parameter_source_problems(spec, "source")
    if missing or "source_parameter" in implementation:
        return problems + missing
    problems += requirements.problems(implementation)
    source = str(implementation["source"])
    try:
        signature = read_signature(parse_source(source), implementation.get("function"))
    except SourceError as error:
        return [*problems, _problem(error)]
    return problems + _differences(spec, signature)


def check_node(spec: ComponentSpec, params: Mapping[str, Any], fed: Set[str]) -> list[Problem]:
    """What is wrong with the source that a node brings along as a parameter.

    Each finding would end the step the same way at every try. A source with an expression in it
    is known only when the node runs.
    """
    parameter = str(spec.implementation.get("source_parameter") or "")
    source = params.get(parameter)
    if not isinstance(source, str) or not source.strip() or has_template(source):
        return []
    field = f"params.{parameter}"
    read = _read(source, str(spec.implementation.get("function") or ""))
    if isinstance(read, SourceError):
        return [Problem(code=read.code, message=str(read), field=field)]
    ports = [port.name for port in spec.inputs]
    problems = []
    try:
        requirements.of_step({"implementation": spec.implementation}, params)
    except BadRequirements as error:
        problems.append(Problem(code="bad_requirements", message=str(error), field=field))
    for argument in read.inputs:
        if argument.name not in ports:
            if argument.required:
                problems.append(_no_such_input(read, argument, ports, field))
        elif argument.required and argument.name not in fed:
            message = (
                f"`{read.name}` needs `{argument.name}`; connect an output with this input, or "
                f"write `{argument.name}=None` where the function may do without"
            )
            problems.append(
                Problem(code="missing_input", message=message, port=argument.name, field=field)
            )
    return problems + [
        Problem(
            code="missing_parameter",
            message=f"`{read.name}` needs a value for `{argument.name}`, and this component has no "
            "such parameter; give it a default",
            field=field,
        )
        for argument in read.params
        if argument.required and argument.name not in params
    ]


@lru_cache(maxsize=512)
def _read(source: str, function: str) -> Signature | SourceError:
    """Kept, because a draft is checked at every change."""
    try:
        return read_signature(parse_source(source), function or None)
    except SourceError as error:
        return error


def _no_such_input(read: Signature, argument: Argument, ports: list[str], field: str) -> Problem:
    names = " and ".join(f"`{name}`" for name in ports) or "none"
    return Problem(
        code="unknown_port",
        message=f"`{read.name}` takes `{argument.name}`, but the inputs here are {names}; "
        "rename the argument, or give it a default",
        field=field,
    )


def preload(spec: Mapping[str, Any]) -> str:
    """`data` for what needs pandas and its kind, `lean` for everything else."""
    implementation = spec.get("implementation") or {}
    if "source_parameter" in implementation:
        return "data"
    ports = [*(spec.get("inputs") or ()), *(spec.get("outputs") or ())]
    if any(port.get("type") in ("table", "image", "model") for port in ports):
        return "data"
    imported = _IMPORT.findall(str(implementation.get("source") or ""))
    needs_data = any(
        name.partition(".")[0] in DATA_PACKAGES or name.startswith(_SDK_DATA_MODULES)
        for name in imported
    )
    return "data" if needs_data else "lean"


def _problem(error: SourceError) -> Problem:
    return Problem(code=error.code, message=str(error), field="source")


def _differences(spec: ComponentSpec, signature: Signature) -> list[Problem]:
    """Where the ports and parameters of the spec are not those of the function."""
    pairs = [
        ("input", {p.name for p in spec.inputs}, {a.name for a in signature.inputs}),
        ("parameter", set(properties(spec)), {a.name for a in signature.params}),
    ]
    if signature.record:
        pairs.append(("output", {p.name for p in spec.outputs}, {n for n, _ in signature.outputs}))
    return [
        Problem(
            code="ports_differ",
            message=f"the {what} `{name}` is in the "
            + ("spec but not in" if name in said else "function but not in the spec of")
            + f" `{signature.name}`",
            port=name if what != "parameter" else None,
            field=f"parameters.{name}" if what == "parameter" else None,
        )
        for what, said, done in pairs
        for name in sorted(said ^ done)
    ]


def _input(argument: Argument, docs: docstring.Docs) -> InputPort:
    return InputPort(
        name=argument.name,
        type=argument.hint.type,
        required=argument.required,
        multiple=argument.hint.multiple,
        help=argument.hint.extra.get("description") or docs.args.get(argument.name, ""),
    )


def _outputs(signature: Signature, docs: docstring.Docs) -> list[OutputPort]:
    record = docstring.parse(signature.record_docstring)
    return [
        OutputPort(
            name=name,
            type=hint.type if not hint.multiple else "list",
            help=hint.extra.get("description")
            or record.args.get(name)
            or docs.returns.get(name)
            or (docs.returns.get("", "") if len(signature.outputs) == 1 else ""),
        )
        for name, hint in signature.outputs
    ]


def _schema(signature: Signature, docs: docstring.Docs) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for argument in signature.params:
        schema: dict[str, Any] = {**(argument.hint.schema or {}), **argument.hint.extra}
        schema.setdefault("title", _humanise(argument.name))
        if argument.name in docs.args:
            schema.setdefault("description", docs.args[argument.name])
        if argument.default is not NO_DEFAULT and argument.default is not None:
            schema["default"] = argument.default
        described[argument.name] = schema
    result: dict[str, Any] = {"type": "object", "properties": described}
    required = [argument.name for argument in signature.params if argument.required]
    if required:
        result["required"] = required
    return {**result, "additionalProperties": False}


def _examples(text: str) -> list[Example]:
    """The `Examples:` section: YAML, a title each, with `params` and `inputs` under it."""
    if not text.strip():
        return []
    try:
        loaded = yaml.safe_load(text)
        if not isinstance(loaded, dict):
            raise TypeError("it is no mapping")
        return [Example(title=str(title), **(body or {})) for title, body in loaded.items()]
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise SourceError(
            "bad_example",
            "the docstring's Examples section must be YAML: a title, and under it `params` and "
            f"`inputs` ({' '.join(str(error).split())[:200]})",
        ) from error


def _humanise(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
