"""Real files for the examples: Seattle's weather in every format that can be read."""

from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest

from tests.support.library import Examples
from tests.support.web import Web


@pytest.fixture(scope="session")
def sample_files() -> dict[str, bytes]:
    """File name to content, as the examples name them."""
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


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory, sample_files: dict[str, bytes]) -> Examples:
    directory: Path = tmp_path_factory.mktemp("examples")
    return Examples(directory, sample_files)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server
