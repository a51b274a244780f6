"""The example in docs/definition.md works."""

import re
from pathlib import Path

import pytest

from pipelines.catalog.actions import install_library
from pipelines.core.serialize import load
from pipelines.designs.queries import problems

PAGE = Path(__file__).parents[3] / "docs" / "definition.md"


@pytest.mark.django_db
def test_the_documented_pipeline_has_no_problems() -> None:
    install_library()
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.S)
    assert problems(load(example)) == []
