from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from rest_framework.test import APIClient

from pipelines.artifacts import store
from pipelines.config.urls_from_env import storage as storage_settings
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


@pytest.fixture(params=["disk", "s3"])
def somewhere(request: Any, settings: Any, tmp_path: Path) -> Iterator[None]:
    """`default_storage` is one of the two; S3 is moto's server."""
    settings.HOME = tmp_path / "home"
    if request.param == "disk":
        url, server = f"file://{tmp_path / 'objects'}", None
    else:
        import boto3
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{host}:{port}",
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )
        client.create_bucket(Bucket="penstock")
        url = f"s3://key:secret@{host}:{port}/penstock?tls=0"
    settings.STORAGES = {**settings.STORAGES, "default": storage_settings(url, tmp_path)}
    store.default_storage._wrapped = storages["default"]
    yield
    from django.utils.functional import empty

    store.default_storage._wrapped = empty
    if server is not None:
        server.stop()
