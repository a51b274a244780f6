"""A body that is too large is refused while it comes in, and a large one only from somebody known."""

import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from pipelines.config.bodies import LimitBodies
from pipelines.teams import tokens
from tests import people as cast

pytestmark = pytest.mark.django_db(transaction=True)

UPLOAD = "/api/v1/artifacts/"


@pytest.fixture(autouse=True)
def _small_limits(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 0
    settings.PENSTOCK_MAX_UPLOAD_BYTES = 200_000


@pytest.fixture
def secret() -> str:
    return tokens.create(cast.gather().owner)[1]


async def send(path: str, size: int, *, declared: bool, token: str = "") -> tuple[int, int]:
    """Status, and how many bytes the application was given."""
    taken = 0

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal taken
        while (message := await receive())["type"] == "http.request":
            taken += len(message["body"])
            if not message["more_body"]:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return

    headers = [(b"content-length", str(size).encode())]
    if not declared:
        headers = [(b"transfer-encoding", b"chunked")]
    if token:
        headers.append((b"authorization", f"Token {token}".encode()))
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    wire = ApplicationCommunicator(LimitBodies(application), scope)
    for start in range(0, size, 10_000):
        part = b"x" * min(10_000, size - start)
        more = start + 10_000 < size
        await wire.send_input({"type": "http.request", "body": part, "more_body": more})
    answer = await wire.receive_output(5)
    if answer["status"] != 200:
        body = await wire.receive_output(5)
        assert json.loads(body["body"])["status"] == answer["status"]
    await wire.wait()
    return answer["status"], taken


@pytest.mark.parametrize("declared", [True, False])
async def test_only_uploads_of_known_people_are_large(secret: str, declared: bool) -> None:
    assert await send("/api/v1/validate/", 50_000, declared=declared) == (200, 50_000)
    status, taken = await send("/api/v1/validate/", 90_000, declared=declared, token=secret)
    assert status == 413
    assert taken <= 70_000
    assert await send(UPLOAD, 90_000, declared=declared) == (401, 0)
    assert await send(UPLOAD, 90_000, declared=declared, token="wrong") == (401, 0)
    assert await send(UPLOAD, 200_000, declared=declared, token=secret) == (200, 200_000)
    status, taken = await send(UPLOAD, 300_000, declared=declared, token=secret)
    assert status == 413
    assert taken <= 270_000
