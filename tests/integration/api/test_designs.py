"""Pipelines, drafts and versions over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.designs import actions as designs
from tests.support.sample import Sample, definition

pytestmark = pytest.mark.django_db


def page(sample: Sample, rest: str = "") -> str:
    return f"/api/v1/pipelines/{sample.pipeline.pk}/{rest}"


def test_a_pipeline_comes_with_its_draft_and_an_etag(owner: APIClient, sample: Sample) -> None:
    response = owner.get(page(sample))
    assert response["ETag"] == '"1"'
    body = response.json()
    assert body["draft"]["definition"] == definition()
    assert (body["draft"]["problems"], body["draft"]["changed"]) == ([], False)
    assert body["last_run"]["number"] == 1
    assert body["latest_version"] == 1


def test_a_draft_is_saved_from_the_revision_it_was_made_from(
    owner: APIClient, sample: Sample
) -> None:
    new = definition(description="better", edges=[{"from": "b", "to": "b"}])
    saved = owner.patch(
        page(sample, "draft/"), {"definition": new}, format="json", HTTP_IF_MATCH='"1"'
    )
    assert saved.status_code == 200
    assert (saved["ETag"], saved.json()["revision"]) == ('"2"', 2)
    assert saved.json()["problems"][0]["code"] == "self_edge"
    assert saved.json()["changed"] is True


def test_a_stale_draft_overwrites_nothing(
    owner: APIClient, sample: Sample, people: Any, as_user: Any
) -> None:
    theirs = {"definition": definition(description="theirs")}
    editor = as_user(people.editor)
    editor.patch(page(sample, "draft/"), theirs, format="json", HTTP_IF_MATCH='"1"')
    mine = {"definition": definition(description="mine")}
    response = owner.patch(page(sample, "draft/"), mine, format="json", HTTP_IF_MATCH='"1"')
    assert response.status_code == 412
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == "stale_draft"
    assert problem["current"]["revision"] == 2
    assert problem["current"]["updated_by"]["username"] == "editor"
    assert "editor" in problem["detail"]
    sample.pipeline.refresh_from_db()
    assert sample.pipeline.draft["description"] == "theirs"


@pytest.mark.parametrize(("header", "status"), [(None, 428), ("*", 428), ("1", 400), ('"x"', 400)])
def test_without_a_revision_nothing_is_saved(
    owner: APIClient, sample: Sample, header: str | None, status: int
) -> None:
    headers = {} if header is None else {"HTTP_IF_MATCH": header}
    body = {"definition": definition(name="other")}
    response = owner.patch(page(sample, "draft/"), body, format="json", **headers)
    assert response.status_code == status
    assert response.json()["status"] == status
    sample.pipeline.refresh_from_db()
    assert sample.pipeline.name == "sample"


def test_publishing_makes_a_version_once(owner: APIClient, sample: Sample) -> None:
    again = owner.post(page(sample, "versions/"), {"message": "same"}, format="json")
    assert (again.status_code, again.json()["number"]) == (200, 1)
    designs.save_draft(sample.pipeline, definition(on_failure="continue"), 1, None)
    second = owner.post(page(sample, "versions/"), {"message": "second"}, format="json")
    assert (second.status_code, second.json()["number"]) == (201, 2)
    listed = owner.get(page(sample, "versions/")).json()["results"]
    assert [(row["number"], row["message"]) for row in listed] == [(2, "second"), (1, "first")]
    whole = owner.get(page(sample, "versions/1/")).json()
    assert set(whole["components"]) == {"acme/step@1"}
    assert whole["definition"]["nodes"][0]["component"] == "acme/step@1"


def test_a_draft_with_problems_is_not_published(owner: APIClient, sample: Sample) -> None:
    designs.save_draft(
        sample.pipeline, definition(nodes=[{"id": "a", "component": "no/pe"}]), 1, None
    )
    response = owner.post(page(sample, "versions/"), {}, format="json")
    assert response.status_code == 422
    codes = {problem["code"] for problem in response.json()["problems"]}
    assert "unknown_component" in codes
    assert set(response.json()["problems"][0]) == {
        "code", "message", "node", "port", "edge", "field",
    }  # fmt: skip


def test_validate_says_everything_and_stores_nothing(owner: APIClient, people: Any) -> None:
    cycle = definition(
        nodes=[{"id": "a", "component": "acme/step"}], edges=[{"from": "a", "to": "nobody"}]
    )
    problems = owner.post("/api/v1/validate/", {"definition": cycle}, format="json").json()
    codes = {problem["code"] for problem in problems["problems"]}
    assert codes == {"unknown_component", "unknown_node"}
    assert owner.get("/api/v1/pipelines/").json()["count"] == 0


def test_a_pipeline_is_made_in_the_first_team_and_archived(owner: APIClient, people: Any) -> None:
    made = owner.post("/api/v1/pipelines/", {"definition": {"name": "  new  "}}, format="json")
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["team"]) == ("new", str(people.team.pk))
    url = f"/api/v1/pipelines/{made.json()['id']}/"
    assert owner.delete(url).status_code == 204
    assert owner.get(url).status_code == 404
    assert owner.get("/api/v1/pipelines/").json()["count"] == 0


def test_components_are_published_and_found(owner: APIClient, sample: Sample) -> None:
    source = (
        'def add(a: int, *, by: int = 1) -> int:\n    """Add to a number."""\n    return a + by\n'
    )
    body = {"kind": "python", "namespace": "acme", "source": source}
    first = owner.post("/api/v1/components/", body, format="json")
    assert (first.status_code, first.json()["number"]) == (201, 1)
    assert owner.post("/api/v1/components/", body, format="json").status_code == 200
    spec = {**first.json()["spec"], "summary": "Changed"}
    second = owner.post("/api/v1/components/", {"spec": spec}, format="json")
    assert (second.status_code, second.json()["number"]) == (201, 2)
    found = owner.get("/api/v1/components/", {"search": "ADD changed"}).json()["results"]
    assert [(row["full_name"], row["latest"]) for row in found] == [("acme/add", 2)]
    whole = owner.get("/api/v1/components/acme/add/").json()
    assert [version["number"] for version in whole["versions"]] == [2, 1]
    first_spec = owner.get("/api/v1/components/acme/add/versions/1/").json()["spec"]
    assert first_spec["summary"] == "Add to a number."


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"spec": {}, "kind": "python"}, 400),
        ({"spec": {"namespace": "acme", "name": "x", "kind": "python", "extra": 1}}, 422),
        ({"spec": {"namespace": "A B", "name": 7, "kind": None}}, 422),
        ({"kind": "python", "namespace": "acme", "source": "import os\nos.system('x')"}, 422),
        ({"kind": "nonsense", "namespace": "acme"}, 422),
        ({"kind": "python", "namespace": "core", "source": "def f() -> int: return 1"}, 422),
    ],
)
def test_what_is_no_component_is_refused_in_words(
    owner: APIClient, body: dict[str, Any], status: int
) -> None:
    response = owner.post("/api/v1/components/", body, format="json")
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"]
