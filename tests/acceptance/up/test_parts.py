"""The three URLs switch the parts; everything else is the same Penstock."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.support import redis_server
from tests.support.stack import Stack


@pytest.fixture
def s3() -> Iterator[str]:
    """An S3 store in this process; its address."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.mark.faults
def test_another_redis_and_an_s3_store(
    start_stack: Callable[..., Stack], new_home: Callable[[], Path], s3: str
) -> None:
    bucket = f"penstock-{uuid.uuid4().hex[:8]}"
    socket = new_home() / "redis.sock"
    with redis_server.running(socket):
        stack = start_stack(
            REDIS_URL=f"unix://{socket}",
            STORAGE_URL=f"s3://key:secretsecret@{s3}/{bucket}?tls=0",
        )
        assert set(stack.pids()) == {"web", "worker", "scheduler"}, "no Redis of its own"
        with stack.api as api:
            upload = api.post("/artifacts/", files={"file": ("a.csv", b"a,b\n1,2\n", "text/csv")})
            assert upload.status_code == 201, upload.text
            digest = upload.json()["digest"]
            assert api.get(f"/artifacts/{digest}/").content == b"a,b\n1,2\n"
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{s3}",
            aws_access_key_id="key",
            aws_secret_access_key="secretsecret",
            region_name="us-east-1",
        )
        keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]]
        assert any(digest in key.replace("/", "") for key in keys), keys
        assert not list((stack.home / "artifacts").glob("**/*")), "nothing lies on this disk"
        assert stack.stop() < 5
