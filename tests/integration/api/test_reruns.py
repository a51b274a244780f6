"""Running again over HTTP: what is told beforehand, what is started, what is refused."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from pipelines.runs import actions
from pipelines.runs.models import NodeRun, Run
from tests.support.sample import Sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(sample: Sample) -> str:
    """The sample's run, in which `a` succeeded and `b` was cancelled; its address."""
    actions.cancel(sample.run)
    Run.objects.update(state="cancelled", open_nodes=0, ended_at=timezone.now())
    assert dict(NodeRun.objects.values_list("node", "state")) == {"a": "success", "b": "cancelled"}
    return f"/api/v1/runs/{sample.run.pk}/"


def test_a_dry_run_tells_what_would_be_kept_and_starts_nothing(
    owner: APIClient, sample: Sample, ended: str
) -> None:
    told = owner.post(f"{ended}resume/", {"dry_run": True}, format="json")
    assert told.status_code == 200
    assert told.json() == {
        "origin": {"id": str(sample.run.pk), "number": 1},
        "mode": "resume",
        "version": 1,
        "parameters": {"size": 3},
        "node_params": {},
        "counts": {"keep": 1, "run": 1, "leave": 0},
        "nodes": [
            {"id": "a", "title": "", "fate": "keep", "why": "kept from run #1"},
            {"id": "b", "title": "", "fate": "run", "why": "it was cancelled in run #1"},
        ],
    }
    assert Run.objects.count() == 1


def test_a_resumed_run_says_what_it_is(owner: APIClient, sample: Sample, ended: str) -> None:
    started = owner.post(f"{ended}resume/", {}, format="json")
    assert started.status_code == 201
    run = started.json()
    assert (run["mode"], run["trigger"], run["origin"]["number"]) == ("resume", "resume", 1)
    kept, queued = run["nodes"]
    assert (kept["state"], kept["reason"]) == ("success", "kept from run #1")
    assert kept["reused_from"]["run"] == str(sample.run.pk)
    assert kept["outputs"]["result"]["artifact"] == sample.artifact.digest
    assert (queued["state"], queued["reused_from"]) == ("queued", None)
    listed = owner.get("/api/v1/runs/").json()["results"]
    assert [row["origin"] and row["origin"]["number"] for row in listed] == [1, None]


def test_nodes_run_again_with_other_parameters(owner: APIClient, ended: str) -> None:
    body = {"mode": "retry", "nodes": ["b"], "params": {"b": {"size": 9}}}
    run = owner.post(f"{ended}rerun/", body, format="json")
    assert run.status_code == 201
    assert run.json()["node_params"] == {"b": {"size": 9}}
    assert run.json()["chosen"] == ["b"]
    wrong = {**body, "params": {"b": {"size": "big"}}}
    refused = owner.post(f"{ended}rerun/", wrong, format="json")
    assert (refused.status_code, refused.json()["problems"][0]["node"]) == (422, "b")


def test_an_operator_runs_again_but_writes_no_parameters(
    as_user: Any, people: Any, ended: str
) -> None:
    operator = as_user(people.operator)
    body = {"mode": "from", "nodes": ["a"], "params": {}}
    assert operator.post(f"{ended}rerun/", body, format="json").status_code == 201
    body["params"] = {"a": {"size": 2}}
    assert operator.post(f"{ended}rerun/", body, format="json").status_code == 403


def test_a_pipeline_runs_to_a_node_without_an_earlier_run(owner: APIClient, sample: Sample) -> None:
    url = f"/api/v1/pipelines/{sample.pipeline.pk}/run-to/"
    told = owner.post(url, {"nodes": ["a"], "dry_run": True}, format="json").json()
    assert told["counts"] == {"keep": 0, "run": 1, "leave": 1}
    run = owner.post(url, {"nodes": ["a"], "version": "draft"}, format="json")
    assert run.status_code == 201
    assert [node["state"] for node in run.json()["nodes"]] == ["queued", "skipped"]


@pytest.mark.parametrize(
    ("url", "body", "status"),
    [
        ("rerun", {}, 400),
        ("rerun", {"mode": "sideways", "nodes": ["a"]}, 400),
        ("rerun", {"mode": "from"}, 422),
        ("rerun", {"mode": "from", "nodes": ["q"]}, 422),
        ("rerun", {"mode": "from", "nodes": "a"}, 400),
        ("rerun", {"mode": "retry", "nodes": ["a"], "params": {"a": 1}}, 400),
        ("rerun", {"mode": "only", "nodes": ["a"], "version": 99}, 422),
        ("resume", {"version": -1}, 400),
        ("resume", {"parameters": {"size": "big"}}, 422),
    ],
)
def test_what_cannot_be_run_again_is_refused(
    owner: APIClient, ended: str, url: str, body: Any, status: int
) -> None:
    for dry_run in (True, False):
        response = owner.post(f"{ended}{url}/", {**body, "dry_run": dry_run}, format="json")
        assert response.status_code == status, response.content
    assert Run.objects.count() == 1


def test_a_run_that_is_not_over_is_not_run_again(owner: APIClient, sample: Sample) -> None:
    response = owner.post(f"/api/v1/runs/{sample.run.pk}/resume/", {}, format="json")
    assert response.status_code == 409
    assert "Wait for its end or cancel it" in response.json()["detail"]
