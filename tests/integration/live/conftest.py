from pathlib import Path

import pytest

from tests import people as cast
from tests.support import sample as samples


@pytest.fixture
def people(transactional_db: None) -> cast.People:
    return cast.gather()


@pytest.fixture
def sample(people: cast.People, tmp_path: Path) -> samples.Sample:
    return samples.make(people, tmp_path)
