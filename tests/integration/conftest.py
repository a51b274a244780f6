"""Integration tests have a real Redis beside the database."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def _redis(redis_url: str) -> None:
    """Started once for each pytest process."""
