"""Every refusal is a problem in words, and no body is too odd for one."""

import json
import uuid
from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from tests.support.sample import Sample

pytestmark = pytest.mark.django_db

DEEP = "[" * 5000 + "]" * 5000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"null", 400),
        (b"[1]", 400),
        (b'"text"', 400),
        (b'{"definition": NaN}', 400),
        (b'{"definition": {"x": 1e999}}', 400),
        (b'{"definition": {"x": "\\u0000"}}', 400),
        (b'{"definition": {"\\ud800": 1}}', 400),
        (b'{"definition": {"x": ' + b"9" * 5000 + b"}}", 400),
        (b'{"definition": ' + DEEP.encode() + b"}", 400),
        (b'{"definition": {"x": ' + DEEP[:70].encode() + b"]" * 70 + b"}}", 400),
        (b'{"definition": {"x": "' + b"y" * 5_000_000 + b'"}}', 413),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_in_words(
    owner: APIClient, body: bytes, status: int
) -> None:
    for path in ("pipelines", "validate"):
        response = owner.post(f"/api/v1/{path}/", body, content_type="application/json")
        assert response.status_code == status, response.content
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["detail"]


def test_a_definition_over_a_megabyte_is_a_problem_of_the_definition(owner: APIClient) -> None:
    body = {"definition": {"name": "x" * 1_100_000}}
    response = owner.post("/api/v1/pipelines/", body, format="json")
    assert response.status_code == 422
    assert response.json()["problems"][0]["code"] == "too_large"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/", 404),
        ("get", "/api/v2/runs/", 404),
        ("get", "/api/v1/runs/not-an-id/", 404),
        ("get", "/api/v1/artifacts/ABC/", 404),
        ("get", "/api/v1/runs/?page=0", 404),
        ("get", "/api/v1/runs/?page=99999999999999999999999999", 404),
        ("get", "/api/v1/components/?search=%00", 400),
        ("get", "/api/v1/pipelines/?team=%00", 400),
        ("put", "/api/v1/runs/", 405),
        ("post", "/api/v1/me/", 405),
        ("get", "/api/v1/token/", 405),
    ],
)
def test_every_error_is_a_problem(owner: APIClient, method: str, path: str, status: int) -> None:
    response = getattr(owner, method)(path)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["status"] == status
    assert {"type", "title", "detail", "code"} <= set(problem)


def test_an_unknown_endpoint_is_not_found_rather_than_forged(people: Any) -> None:
    client = APIClient(enforce_csrf_checks=True)
    assert client.post("/api/v1/nothing/").status_code == 404


def test_a_wrong_media_type_is_told(owner: APIClient) -> None:
    response = owner.post("/api/v1/validate/", "a=1", content_type="text/plain")
    assert response.status_code == 415
    assert response["Content-Type"] == "application/problem+json"


def test_an_unknown_token_is_told(people: Any) -> None:
    client = APIClient()
    for value in ("Token wrong", "Token", "Token a b"):
        response = client.get("/api/v1/me/", HTTP_AUTHORIZATION=value)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Token"


def test_a_problem_says_what_to_do(owner: APIClient) -> None:
    nobody = APIClient().get("/api/v1/runs/")
    assert nobody.status_code == 401
    assert "Authorization: Token" in nobody.json()["detail"]
    assert "?page=1" in owner.get("/api/v1/runs/?page=99").json()["detail"]
    missing = owner.get(f"/api/v1/runs/{uuid.uuid4()}/")
    assert missing.status_code == 404
    assert "belongs to a team you are not in" in missing.json()["detail"]


def test_a_server_error_is_a_problem_too(
    owner: APIClient, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.runs import queries

    def broken(*args: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(queries, "snapshot", broken)
    owner.raise_request_exception = False
    response = owner.get(f"/api/v1/runs/{sample.run.pk}/")
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert b"secret" not in response.content


def test_a_database_that_is_away_asks_for_patience(
    owner: APIClient, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("pipelines.runs.actions.start", away)
    response = owner.post(f"/api/v1/pipelines/{sample.pipeline.pk}/runs/", {}, format="json")
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert response.json()["code"] == "database_away"
    assert "idempotency key" in response.json()["detail"]
