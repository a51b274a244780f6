"""Workers over HTTP: anybody who is signed in sees them; a run is checked against them."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.runs.models import Worker
from tests.support.sample import Sample, definition

pytestmark = pytest.mark.django_db


def worker(name: str = "w1") -> Worker:
    return Worker.objects.create(
        name=name,
        host="here",
        queues=["default"],
        executors=["process"],
        lacks={"docker": "no socket was found"},
        slots=4,
        busy=1,
        cpu=4,
        memory=2**33,
        isolation="strong",
        version="0.1.0",
    )


def test_whoever_is_signed_in_sees_the_workers(people: Any, as_user: Any) -> None:
    worker()
    answer = as_user(people.stranger).get("/api/v1/workers/").json()
    assert answer["count"] == 1
    (row,) = answer["results"]
    assert (row["slots"], row["busy"], row["isolation"]) == (4, 1, "strong")
    assert (row["executors"], row["lacks"]) == (["process"], {"docker": "no socket was found"})
    assert (row["queues"], row["cpu"], row["memory"], row["gpu"]) == (["default"], 4.0, 2**33, 0)


def test_the_list_of_workers_is_paged(owner: APIClient) -> None:
    for number in range(3):
        worker(f"w{number}")
    answer = owner.get("/api/v1/workers/", {"page_size": 2, "page": 2}).json()
    assert (answer["count"], [row["name"] for row in answer["results"]]) == (3, ["w2"])


def test_a_run_is_checked_against_the_living_workers(owner: APIClient, sample: Sample) -> None:
    url = f"/api/v1/pipelines/{sample.pipeline.pk}/run-check/"
    nobody = owner.post(url, {"version": 1}, format="json").json()
    assert [problem["message"] for problem in nobody["problems"]] == [
        "`a` and `b` will wait: no worker is running."
    ]
    worker()
    assert owner.post(url, {}, format="json").json() == {"problems": []}
    nodes = [{"id": "a", "component": "acme/step", "resources": {"gpu": 1}}]
    sample.pipeline.draft = definition(nodes=nodes, edges=[])
    sample.pipeline.save()
    (problem,) = owner.post(url, {"version": "draft"}, format="json").json()["problems"]
    assert (problem["code"], problem["node"]) == ("cannot_run_now", "a")
    assert problem["message"].endswith("has 1 GPU; the largest has none.")
