"""Runs the library's documented examples, inputs included, on real data."""

import re
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pipelines import library
from pipelines.core.component import ComponentSpec

from .steps import StepRun, run_step

#: `table of core/dataset(name=iris)`: an output of another component's first example.
_SOURCE = re.compile(r"^(\w+) of ([\w-]+/[\w-]+)(?:\((.*)\))?$")


@cache
def specs() -> dict[str, ComponentSpec]:
    return {spec.full_name: spec for spec in library.load()}


@cache
def sample_files() -> dict[str, bytes]:
    """Seattle's weather in every format that can be read; names as the examples have them."""
    content = files("pipelines.library").joinpath("data/seattle-weather.csv").read_bytes()
    frame = pd.read_csv(BytesIO(content))
    parquet, excel = BytesIO(), BytesIO()
    frame.to_parquet(parquet, index=False)
    frame.head(200).to_excel(excel, index=False, sheet_name="weather")
    return {
        "weather.csv": content,
        "weather.tsv": frame.to_csv(sep="\t", index=False).encode(),
        "weather.jsonl": frame.to_json(orient="records", lines=True).encode(),
        "weather.parquet": parquet.getvalue(),
        "weather.xlsx": excel.getvalue(),
    }


class Examples:
    """Runs examples in `directory`; a step that several examples start from runs only once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: dict[tuple[str, str], StepRun] = {}

    def run(
        self,
        name: str,
        example: int = 0,
        params: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
    ) -> StepRun:
        """Run one example, with some parameters or inputs replaced.

        An input is what it says in words (`table of core/dataset(name=iris)`) or a JSON value.
        """
        spec = specs()[name]
        shown = spec.examples[example]
        raw = {**shown.inputs, **(inputs or {})}
        return run_step(
            spec,
            self._directory,
            inputs={port: self.resolve(value) for port, value in raw.items() if value is not None},
            params={**shown.params, **(params or {})},
            files=sample_files(),
        )

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        match = _SOURCE.match(value) if isinstance(value, str) else None
        if match is None:
            return value
        port, name, arguments = match.groups()
        key = (name, arguments or "")
        if key not in self._made:
            made = self.run(name, params=_arguments(arguments))
            assert made.code == 0, f"{name}({arguments}): {made.error or made.stderr}"
            self._made[key] = made
        return self._made[key].as_input(port)


def _arguments(text: str | None) -> dict[str, Any]:
    pairs = (pair.split("=", 1) for pair in re.split(r",\s*(?=\w+=)", text) if pair) if text else ()
    return {key.strip(): yaml.safe_load(value) for key, value in pairs}
