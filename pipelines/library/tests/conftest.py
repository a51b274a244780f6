"""The library's examples, ready to run, and a web server for them to talk to."""

from collections.abc import Iterator

import pytest

from tests.support.library import Examples
from tests.support.web import Web


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return Examples(tmp_path_factory.mktemp("examples"))


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server
