"""Runs over HTTP: start, look at, cancel, clone, logs."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.runs.models import Run
from tests.support.sample import LOG, Sample

pytestmark = pytest.mark.django_db


def test_a_run_is_started_once_for_a_key(owner: APIClient, sample: Sample) -> None:
    url = f"/api/v1/pipelines/{sample.pipeline.pk}/runs/"
    body = {"parameters": {"size": 7}, "idempotency_key": "monday"}
    first = owner.post(url, body, format="json")
    assert first.status_code == 201
    assert (first.json()["number"], first.json()["parameters"]) == (2, {"size": 7})
    again = owner.post(url, body, format="json")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert [row["number"] for row in owner.get(url).json()["results"]] == [2, 1]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"parameters": {"size": "big"}}, 422, "invalid_definition"),
        ({"parameters": {"colour": 1}}, 422, "invalid_definition"),
        ({"version": 99}, 422, "invalid_definition"),
        ({"version": 0}, 400, "invalid"),
        ({"version": True}, 400, "invalid"),
        ({"parameters": []}, 400, "invalid"),
        ([], 400, "invalid"),
    ],
)
def test_what_cannot_be_run_is_refused(
    owner: APIClient, sample: Sample, body: Any, status: int, code: str
) -> None:
    url = f"/api/v1/pipelines/{sample.pipeline.pk}/runs/"
    response = owner.post(url, body, format="json")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert Run.objects.count() == 1


def test_a_run_is_shown_with_its_graph_as_it_was(owner: APIClient, sample: Sample) -> None:
    run = owner.get(f"/api/v1/runs/{sample.run.pk}/").json()
    assert [node["id"] for node in run["nodes"]] == ["a", "b"]
    assert run["nodes"][0]["outputs"]["result"]["artifact"] == sample.artifact.digest
    assert set(run["components"]) == {"acme/step@1"}
    assert run["definition"]["name"] == "sample"


def test_lists_are_filtered(owner: APIClient, sample: Sample, people: Any) -> None:
    def numbers(**query: Any) -> list[int]:
        return [row["number"] for row in owner.get("/api/v1/runs/", query).json()["results"]]

    state = Run.objects.get().state
    assert numbers(state=state) == [1]
    assert numbers(state=["success", state]) == [1]
    assert numbers(state="success") == []
    assert numbers(pipeline=sample.pipeline.pk, created_by="owner", team="acme") == [1]
    assert numbers(created_by="editor") == []
    assert numbers(created_after="2001-01-01T00:00:00Z") == [1]
    assert numbers(created_before="2001-01-01T00:00:00Z") == []
    assert numbers(created_after="1076-04-30T04:47:51-21:23") == [1]
    far = owner.get("/api/v1/runs/", {"created_after": "0001-01-01T00:00:00+23:00"})
    assert far.status_code == 400
    for ordering in ("number", "-created_at,number", ","):
        assert numbers(ordering=ordering) == [1]
    assert owner.get("/api/v1/runs/", {"ordering": "secret"}).status_code == 400
    assert owner.get("/api/v1/runs/", {"state": "nonsense"}).status_code == 400
    assert owner.get("/api/v1/runs/", {"pipeline": "x"}).status_code == 400


def test_a_run_is_cancelled_and_cloned(owner: APIClient, sample: Sample) -> None:
    url = f"/api/v1/runs/{sample.run.pk}/"
    clone = owner.post(f"{url}clone/", {"parameters": {"size": 9}}, format="json")
    assert clone.status_code == 201
    assert clone.json()["parameters"] == {"size": 9}
    assert clone.json()["cloned_from"] == str(sample.run.pk)
    options = {"priority": -3, "max_parallel": 2, "cache": False}
    otherwise = owner.post(f"{url}clone/", options, format="json").json()
    assert options.items() <= otherwise.items()
    again = owner.post(f"/api/v1/runs/{otherwise['id']}/clone/", {"priority": 0}, format="json")
    assert {**options, "priority": 0}.items() <= again.json().items()
    other = f"/api/v1/runs/{clone.json()['id']}/"
    assert owner.post(f"{other}cancel/").json()["state"] == "cancelled"
    assert owner.post(f"{other}cancel/").status_code == 409


def test_a_node_has_attempts_metrics_and_a_log(owner: APIClient, sample: Sample) -> None:
    url = f"/api/v1/runs/{sample.run.pk}/nodes/a/"
    node = owner.get(url).json()
    assert [attempt["number"] for attempt in node["attempts"]] == [1]
    assert node["metrics"] == [{"name": "loss", "value": 0.5, "step": 1, "attempt": 1}]
    log = owner.get(f"{url}log/").json()
    assert (log["text"], log["complete"], log["size"]) == (LOG, True, len(LOG.encode()))
    tail = owner.get(f"{url}log/", {"tail": 4}).json()
    assert LOG.endswith(tail["text"])
    assert tail["text"]
    assert owner.get(f"{url}log/", {"attempt": 7}).status_code == 404
    assert owner.get(f"{url}log/", {"offset": -1}).status_code == 400
    file = owner.get(f"{url}log/", {"download": 1})
    assert b"".join(file.streaming_content).decode() == LOG
    assert file["Content-Type"] == "text/plain; charset=utf-8"
    assert file["Content-Disposition"].startswith('attachment; filename="sample 1 a.log"')
    empty = owner.get(f"/api/v1/runs/{sample.run.pk}/nodes/b/log/").json()
    assert (empty["attempt"], empty["text"], empty["complete"]) == (0, "", False)


def test_events_are_paged_by_number(owner: APIClient, sample: Sample) -> None:
    url = f"/api/v1/runs/{sample.run.pk}/events/"
    first = owner.get(url, {"limit": 1}).json()
    assert [event["seq"] for event in first["results"]] == [1]
    assert owner.get(url, {"after": 1}).json() == {"results": [], "next_after": None}
    assert owner.get(url, {"after": 10**30}).status_code == 400


def test_the_artifacts_of_a_run_are_listed(owner: APIClient, sample: Sample) -> None:
    rows = owner.get(f"/api/v1/runs/{sample.run.pk}/artifacts/").json()["results"]
    assert [(row["node"], row["port"], row["name"]) for row in rows] == [
        ("a", "result", "note.txt")
    ]
