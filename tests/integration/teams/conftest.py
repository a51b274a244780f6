from collections.abc import Callable
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from pipelines.teams.models import User
from tests import people as cast
from tests.support import sample as samples


@pytest.fixture
def people(db: None) -> cast.People:
    return cast.gather()


@pytest.fixture
def sample(people: cast.People, tmp_path: Path) -> samples.Sample:
    return samples.make(people, tmp_path)


@pytest.fixture
def as_user() -> Callable[[User], APIClient]:
    """A client with the session of a person."""

    def client(user: User) -> APIClient:
        made = APIClient()
        made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client


@pytest.fixture
def owner(people: cast.People, as_user: Callable[[User], APIClient]) -> APIClient:
    return as_user(people.owner)
