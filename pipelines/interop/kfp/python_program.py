"""The program that runs a Python component outside of Penstock: its source, and a reader of arguments."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.component import ComponentSpec

#: Port types with a form that both sides agree on: Parquet, text, JSON, or the file itself.
DECODED = frozenset(
    {"table", "file", "string", "text", "number", "integer", "boolean", "json", "list", "any"}
)

_MAIN = """

def _penstock_main():
    import json, os, shutil, sys

    function, inputs, params, outputs = {function!r}, {inputs!r}, {params!r}, {outputs!r}
    words = sys.argv[1:]
    given = dict(zip(words[::2], words[1::2]))

    def read(path, kind):
        if kind == "table":
            import pandas
            try:
                return pandas.read_parquet(path)
            except Exception:
                return pandas.read_csv(path)
        if kind == "file":
            import pathlib
            return pathlib.Path(path)
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        return text if kind in ("string", "text") else json.loads(text)

    def value(text, kind):
        if kind == "boolean":
            return text.strip().lower() in ("true", "1", "yes")
        return text if kind == "string" else json.loads(text)

    def write(path, kind, result):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if kind == "table":
            result.to_parquet(path)
        elif kind == "file":
            shutil.copyfile(result, path)
        else:
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(result if isinstance(result, str) else json.dumps(result))

    positional = [
        read(given["--input-" + name], kind) if "--input-" + name in given else None
        for name, kind in inputs
    ]
    named = {{
        name: value(given["--param-" + name], kind)
        for name, kind in params
        if "--param-" + name in given
    }}
    while positional and positional[-1] is None:
        positional.pop()
    result = globals()[function](*positional, **named)
    results = [result] if len(outputs) == 1 and not hasattr(result, "_fields") else result
    if isinstance(results, dict):
        results = [results[name] for name, _ in outputs]
    for (name, kind), each in zip(outputs, results or []):
        write(given["--output-" + name], kind, each)


_penstock_main()
"""


def program(source: str, function: str, spec: ComponentSpec) -> str:
    """Python for `python3 -c`; arguments are `--input-x PATH`, `--param-x TEXT`, `--output-x PATH`."""
    properties: Mapping[str, Any] = spec.parameters.get("properties") or {}
    return source.rstrip() + _MAIN.format(
        function=function,
        inputs=[(port.name, port.type) for port in spec.inputs],
        params=[(name, _plain(schema.get("type"))) for name, schema in properties.items()],
        outputs=[(port.name, port.type) for port in spec.outputs],
    )


def _plain(kind: Any) -> str:
    """`anyOf` and the like come as JSON text."""
    return kind if isinstance(kind, str) else "json"
