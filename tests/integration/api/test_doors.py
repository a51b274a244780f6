"""Nobody gets through a door that is not theirs. Every address is walked, also those of tomorrow."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from pipelines.runs.models import Run
from pipelines.teams.models import Membership
from tests.support.sample import Sample, definition

pytestmark = pytest.mark.django_db

#: Everything that answers without a login. A new line here is a decision.
OPEN = {
    "healthz",
    "readyz",
    "login/",
    "login/code/",
    "welcome/<str:secret>/",
    "invitation/<str:secret>/",
    "api/v1/token/",
    "^api(?:/|$)",
    "admin/login/",
    "favicon.ico",
}
METHODS = ("get", "post", "patch", "put", "delete")


def patterns(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        else:
            yield route, entry


def address(route: str, pattern: URLPattern, sample: Sample) -> str:
    """The route with the ids of the sample's objects in it."""
    values = {
        "<name:team>": "acme",
        "<number:token>": str(sample.token.pk),
        "<uuid:id>": str(sample.run.pk if "/runs/<" in route else sample.pipeline.pk),
        "component-drafts/<uuid:id>": f"component-drafts/{sample.component_draft.pk}",
        "<number:id>": str(sample.token.pk),
        "<number:number>": "1",
        "<name:namespace>": "acme",
        "<name:name>": "step",
        "<node:node>": "a",
        "<digest:digest>": (sample.lock if "/environments/<" in route else sample.artifact).digest,
        "<str:secret>": "wrong",
        "^(?!static/|ws/)": "runs/some/page",
        "^api(?:/|$)": "api/v1/nothing/",
    }
    # Under a team the numbers are of a member; there is only one token, of somebody else.
    membership = Membership.objects.filter(team=sample.pipeline.team).first()
    values["/secrets/<number:id>"] = f"/secrets/{sample.secret.pk}"
    values["/members/<number:id>"] = f"/members/{membership.pk if membership else 0}"
    for placeholder, value in sorted(values.items(), key=lambda each: -len(each[0])):
        route = route.replace(placeholder, value)
    return "/" + route.replace("<path:object_id>", "1").replace("^", "").replace("$", "")


ALL = list(patterns())
GUARDED = [(route, pattern) for route, pattern in ALL if route not in OPEN]
API_OBJECTS = [
    (route, pattern) for route, pattern in ALL if route.startswith("api/v1/") and "<" in route
]


def test_there_are_addresses_to_walk() -> None:
    assert len([route for route, _ in ALL if route.startswith("api/v1/")]) >= 25
    assert {route for route, _ in ALL} >= OPEN


@pytest.mark.parametrize(
    ("route", "pattern"), GUARDED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_without_a_login_nothing_opens(route: str, pattern: URLPattern, sample: Sample) -> None:
    url = address(route, pattern, sample)
    for method in METHODS:
        response = getattr(APIClient(), method)(url)
        if url.startswith("/api/v1/") or url in ("/metrics", "/api/schema/"):
            assert response.status_code == 401, (method, url)
            assert response["Content-Type"] == "application/problem+json"
        else:
            assert response.status_code == 302, (method, url, response.status_code)
            assert response["Location"].startswith(("/login/?next=", "/admin/login/?next="))
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("route", "pattern"), API_OBJECTS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_stranger_finds_nothing(
    route: str, pattern: URLPattern, sample: Sample, people: Any, as_user: Any
) -> None:
    client = as_user(people.stranger)
    url = address(route, pattern, sample)
    for method in METHODS:
        response = getattr(client, method)(url, {}, format="json", HTTP_IF_MATCH='"1"')
        if response.status_code == 405:
            continue
        assert response.status_code == 404, (method, url, response.content)
        assert response["Content-Type"] == "application/problem+json"
    sample.pipeline.refresh_from_db()
    assert (sample.pipeline.archived_at, sample.pipeline.draft_revision) == (None, 1)


def test_a_stranger_sees_no_foreign_row_in_any_list(
    sample: Sample, people: Any, as_user: Any
) -> None:
    client = as_user(people.stranger)
    for path in ("components", "pipelines", "runs", "tokens", "environments"):
        response = client.get(f"/api/v1/{path}/")
        assert response.status_code == 200
        assert response.json()["results"] == [], path
        filtered = client.get(f"/api/v1/{path}/", {"team": "acme"})
        assert filtered.json()["results"] == []


def test_a_foreign_team_cannot_be_named(sample: Sample, people: Any, as_user: Any) -> None:
    client = as_user(people.stranger)
    for team in ("acme", str(people.team.pk), "no-such-team"):
        bundle = {"team": team, "file": SimpleUploadedFile("run.zip", b"PK")}
        assert client.post("/api/v1/bundles/", bundle, format="multipart").status_code == 404
        for path in ("pipelines", "validate"):
            body = {"team": team, "definition": definition()}
            response = client.post(f"/api/v1/{path}/", body, format="json")
            assert response.status_code == 404, (path, team)
        spec = {"team": team, "kind": "python", "source": "def f() -> int: ...", "namespace": "x"}
        assert client.post("/api/v1/components/", spec, format="json").status_code == 404


def too_low(sample: Sample) -> list[tuple[str, str, str, dict[str, Any]]]:
    pipeline, run = f"/api/v1/pipelines/{sample.pipeline.pk}/", f"/api/v1/runs/{sample.run.pk}/"
    whole = {"definition": definition()}
    return [
        ("operator", "patch", f"{pipeline}draft/", whole),
        ("operator", "delete", pipeline, {}),
        ("operator", "post", f"{pipeline}versions/", {}),
        ("operator", "post", "/api/v1/pipelines/", {"team": "acme", **whole}),
        ("operator", "post", "/api/v1/components/", {"team": "acme", "kind": "python"}),
        ("operator", "post", f"/api/v1/environments/{sample.lock.digest}/renew/", {}),
        ("teammate", "post", f"{pipeline}runs/", {}),
        ("teammate", "post", f"{run}cancel/", {}),
        ("teammate", "post", f"{run}clone/", {}),
        ("teammate", "post", f"{run}resume/", {}),
        ("teammate", "post", f"{run}resume/", {"dry_run": True}),
        ("teammate", "post", f"{run}rerun/", {"mode": "from", "nodes": ["a"]}),
        ("teammate", "post", f"{pipeline}run-to/", {"nodes": ["a"]}),
        # A node's parameters may be code, and an operator writes none.
        (
            "operator",
            "post",
            f"{run}rerun/",
            {"mode": "retry", "nodes": ["b"], "params": {"b": {"size": 2}}},
        ),
    ]


def test_a_role_that_is_too_low_is_told_so(sample: Sample, people: Any, as_user: Any) -> None:
    for who, method, url, body in too_low(sample):
        client = as_user(getattr(people, who))
        response = getattr(client, method)(url, body, format="json", HTTP_IF_MATCH='"1"')
        assert response.status_code == 403, (who, method, url, response.content)
        problem = response.json()
        assert problem["code"] == "permission_denied"
        assert "your role" in problem["detail"].lower() or "no team" in problem["detail"]
    assert Run.objects.count() == 1


def test_a_teammate_may_look_at_everything(sample: Sample, people: Any, as_user: Any) -> None:
    client = as_user(people.teammate)
    for route, pattern in API_OBJECTS:
        response = client.get(address(route, pattern, sample))
        if "/members/<number:id>/tokens/" in route or "/invitations/" in route:
            assert response.status_code in (403, 405), route
            continue
        personal = route == "api/v1/tokens/<number:id>/"
        assert response.status_code in ((404, 405) if personal else (200, 405)), route


def test_being_a_superuser_makes_nobody_a_member(sample: Sample, people: Any, as_user: Any) -> None:
    people.stranger.is_superuser = people.stranger.is_staff = True
    people.stranger.save()
    url = f"/api/v1/pipelines/{sample.pipeline.pk}/"
    assert as_user(people.stranger).get(url).status_code == 404


def test_a_session_needs_the_csrf_token_and_a_token_does_not(sample: Sample, people: Any) -> None:
    from pipelines.teams import tokens

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(people.owner, backend="django.contrib.auth.backends.ModelBackend")
    refused = client.post("/api/v1/validate/", {"definition": {}}, format="json")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    _, secret = tokens.create(people.owner)
    with_token = APIClient(enforce_csrf_checks=True)
    with_token.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    response = with_token.post("/api/v1/validate/", {"definition": {}}, format="json")
    assert response.status_code == 200
