"""Limits over HTTP: seen by those whom they concern, set by administrators."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.runs.models import Limit
from pipelines.teams.models import Team
from tests.support.sample import Sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(people: Any, as_user: Any) -> APIClient:
    people.stranger.is_staff = True
    people.stranger.save()
    return as_user(people.stranger)  # type: ignore[no-any-return]


def test_an_administrator_sets_changes_and_lifts_a_limit(staff: APIClient) -> None:
    made = staff.post(
        "/api/v1/limits/", {"scope": "pool", "name": "gpus", "slots": 2}, format="json"
    )
    assert made.status_code == 201
    assert made.json() | {"id": 0} == {
        "id": 0,
        "scope": "pool",
        "name": "gpus",
        "slots": 2,
        "busy": 0,
    }
    url = f"/api/v1/limits/{made.json()['id']}/"
    assert staff.patch(url, {"slots": 5}, format="json").json()["slots"] == 5
    assert staff.delete(url).status_code == 204
    assert staff.delete(url).status_code == 404


def test_a_team_is_named_by_its_slug(staff: APIClient, people: Any) -> None:
    answer = staff.post(
        "/api/v1/limits/", {"scope": "team", "name": "acme", "slots": 9}, format="json"
    )
    assert (answer.status_code, answer.json()["name"]) == (201, "acme")
    assert Limit.objects.get().team == people.team
    unknown = {"scope": "team", "name": "nobody", "slots": 9}
    assert staff.post("/api/v1/limits/", unknown, format="json").status_code == 404


@pytest.mark.parametrize("scope", ["pool", "team"])
def test_a_second_limit_of_the_same_thing_is_refused(
    staff: APIClient, people: Any, scope: str
) -> None:
    body = {"scope": scope, "name": "acme", "slots": 2}
    assert staff.post("/api/v1/limits/", body, format="json").status_code == 201
    again = staff.post("/api/v1/limits/", body, format="json")
    assert again.status_code == 409
    assert again.json()["detail"] == f"The {scope} `acme` has a limit already; change that one."


@pytest.mark.parametrize(
    "wrong", [{"name": "Gpus!"}, {"slots": -1}, {"scope": "person"}, {"name": ""}]
)
def test_what_makes_no_sense_is_refused(staff: APIClient, wrong: Any) -> None:
    body = {"scope": "pool", "name": "gpus", "slots": 2, **wrong}
    assert staff.post("/api/v1/limits/", body, format="json").status_code == 400


def test_others_see_the_limits_that_concern_them_and_change_none(
    owner: APIClient, people: Any
) -> None:
    pool = Limit.objects.create(scope="pool", name="gpus", slots=2)
    Limit.objects.create(scope="team", team=people.team, slots=5)
    foreign = Limit.objects.create(
        scope="team", team=Team.objects.create(name="Other", slug="other"), slots=7
    )
    rows = owner.get("/api/v1/limits/").json()["results"]
    assert [(row["scope"], row["name"]) for row in rows] == [("pool", "gpus"), ("team", "acme")]
    assert owner.post("/api/v1/limits/", {"scope": "queue"}, format="json").status_code == 403
    assert owner.patch(f"/api/v1/limits/{pool.pk}/", {"slots": 9}, format="json").status_code == 403
    assert owner.delete(f"/api/v1/limits/{foreign.pk}/").status_code == 404
    assert Limit.objects.count() == 3


def test_a_run_is_started_with_a_priority_and_a_limit(owner: APIClient, sample: Sample) -> None:
    url = f"/api/v1/pipelines/{sample.pipeline.pk}/runs/"
    answer = owner.post(url, {"priority": 50, "max_parallel": 1}, format="json").json()
    assert (answer["priority"], answer["max_parallel"]) == (50, 1)
    plain = owner.post(url, {}, format="json").json()
    assert (plain["priority"], plain["max_parallel"]) == (0, None)
    for wrong in ({"priority": 101}, {"max_parallel": 0}):
        assert owner.post(url, wrong, format="json").status_code == 400
