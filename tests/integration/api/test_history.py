"""Who changed a thing and how: its history, and what differs between its versions."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.designs import actions as designs
from pipelines.runs import actions as runs
from pipelines.runs.retention import pins
from pipelines.teams import policies, tokens
from pipelines.teams.models import AuditEntry
from tests.people import People
from tests.support.sample import Sample, definition

pytestmark = pytest.mark.django_db


def second(sample: Sample, people: People) -> None:
    """A version 2, in which `b` is another node and `a` has a title."""
    changed = definition(on_failure="continue", layout={"a": [500, 500]})
    changed["nodes"] = [
        {"id": "a", "component": "acme/step", "title": "First"},
        {"id": "c", "component": "acme/step"},
    ]
    changed["edges"] = [{"from": "a.result", "to": "c.rows"}]
    sample.pipeline.refresh_from_db()
    designs.save_draft(sample.pipeline, changed, sample.pipeline.draft_revision, people.editor)
    designs.publish(sample.pipeline, "second", people.editor)


def test_two_versions_and_the_draft_are_compared(
    sample: Sample, people: People, owner: APIClient
) -> None:
    base = f"/api/v1/pipelines/{sample.pipeline.pk}"
    same = owner.get(f"{base}/versions/1/diff/", {"against": "draft"}).json()
    assert same["after"]["version"] is None
    assert not any(same["diff"].values()), "a draft without versions means the pinned ones"
    second(sample, people)
    told = owner.get(f"{base}/versions/2/diff/").json()
    assert (told["before"]["version"], told["after"]["version"]) == (1, 2)
    assert {(node["name"], node["change"]) for node in told["diff"]["nodes"]} == {
        ("a", "changed"),
        ("b", "removed"),
        ("c", "added"),
    }
    (title,) = next(n["fields"] for n in told["diff"]["nodes"] if n["name"] == "a")
    assert title == {"path": ["title"], "change": "added", "before": None, "after": "First"}
    assert {edge["edge"]: edge["change"] for edge in told["diff"]["edges"]} == {
        "a.result -> b.rows": "removed",
        "a.result -> c.rows": "added",
    }
    assert told["after"]["components"]["acme/step@1"]["name"] == "step"
    turned = owner.get(f"{base}/versions/1/diff/", {"against": 2}).json()
    assert turned["before"]["version"] == 2
    first = owner.get(f"{base}/versions/1/diff/").json()
    assert {node["change"] for node in first["diff"]["nodes"]} == {"added"}
    assert owner.get(f"{base}/versions/9/diff/").status_code == 404
    assert owner.get(f"{base}/versions/1/diff/", {"against": "x"}).status_code == 400


def test_a_history_tells_who_did_what_and_addresses_only_to_those_who_audit(
    sample: Sample, people: People, owner: APIClient, as_user: Any
) -> None:
    second(sample, people)
    url = f"/api/v1/pipelines/{sample.pipeline.pk}/history/"
    as_user(people.editor).patch(
        f"/api/v1/pipelines/{sample.pipeline.pk}/draft/",
        {"definition": definition()},
        format="json",
        HTTP_IF_MATCH='"2"',
        REMOTE_ADDR="203.0.113.9",
    )
    told = owner.get(url).json()["results"]
    assert [(each["actor"], each["action"]) for each in told] == [
        ("editor", "pipeline.edit"),
        ("editor", "pipeline.publish"),
        ("editor", "pipeline.edit"),
        ("owner", "pipeline.publish"),
        ("owner", "pipeline.create"),
    ]
    assert told[0]["ip"] == "203.0.113.9"
    assert as_user(people.teammate).get(url).json()["results"][0]["ip"] == ""
    runs.cancel(sample.run, people.operator)
    pins.pin(sample.run, "for the paper", people.operator)
    of_run = owner.get(f"/api/v1/runs/{sample.run.pk}/history/").json()["results"]
    assert [each["action"] for each in of_run] == ["run.pin", "run.cancel", "run.start"]
    of_step = owner.get("/api/v1/components/acme/step/history/").json()
    assert of_step["results"][0]["action"] == "component.publish"
    by_version = owner.get("/api/v1/runs/", {"pipeline": sample.pipeline.pk, "version": 1})
    assert by_version.json()["count"] == 1
    assert owner.get("/api/v1/runs/", {"version": 2}).json()["count"] == 0


def test_a_policy_is_set_by_those_who_may_and_a_quota_is_refused_in_words(
    sample: Sample, people: People, owner: APIClient, as_user: Any
) -> None:
    url = "/api/v1/teams/acme/keeping/"
    assert owner.patch(url, {"runs_days": 30}, format="json").json()["holds"]["runs_days"] == 30
    assert owner.patch(url, {"runs_days": None}, format="json").json()["holds"]["runs_days"] == 0
    assert owner.patch(url, {"logs_days": -1}, format="json").status_code == 400
    policies.change(people.team, {"open_runs": 1}, people.owner)
    refused = as_user(people.operator).post(
        f"/api/v1/pipelines/{sample.pipeline.pk}/runs/", {"parameters": {}}, format="json"
    )
    told = refused.json()
    assert (refused.status_code, told["code"]) == (409, "quota_exceeded")
    assert (told["quota"], told["limit"], told["used"]) == ("open_runs", 1, 1)
    assert "ask an administrator of this Penstock" in told["detail"]
    shown = owner.get(url).json()
    assert (shown["use"]["open_runs"], shown["own"]["open_runs"]) == (1, 1)
    assert owner.get("/api/v1/teams/acme/clean-ups/preview/").json()["runs"] == 0
    asked = owner.post("/api/v1/teams/acme/clean-ups/")
    assert asked.status_code == 202
    assert owner.get("/api/v1/teams/acme/clean-ups/").json()["count"] == 1
    pin = f"/api/v1/runs/{sample.run.pk}/pin/"
    assert owner.put(pin, {"reason": "why"}, format="json").json()["pinned"]["reason"] == "why"
    assert owner.get("/api/v1/runs/", {"pinned": True}).json()["count"] == 1
    assert owner.delete(pin).json()["pinned"] is None


def test_a_run_says_who_started_it_and_with_what(
    sample: Sample, people: People, owner: APIClient
) -> None:
    _, secret = tokens.create(people.operator, "nightly")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    made = client.post(f"/api/v1/runs/{sample.run.pk}/clone/", {}, format="json").json()
    listed = owner.get("/api/v1/runs/").json()["results"][0]
    for told in (made, listed):
        assert told["created_by"]["username"] == "operator"
        assert told["started_with"]["token"].startswith("nightly")
        assert (told["trigger"], told["clone_of"]["number"]) == ("clone", sample.run.number)
    first = owner.get(f"/api/v1/runs/{sample.run.pk}/").json()
    assert first["started_with"] == {"service": False, "token": ""}


def test_quotas_of_a_team_that_one_is_not_in_are_set_in_the_administration(
    people: People, as_user: Any
) -> None:
    people.stranger.is_staff = people.stranger.is_superuser = True
    people.stranger.save()
    client = as_user(people.stranger)
    asked = {"team": str(people.team.pk), "open_runs": "4", "runs_days": ""}
    assert client.post("/admin/teams/teampolicy/add/", asked).status_code == 302
    page = f"/admin/teams/teampolicy/{people.team.pk}/change/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"open_runs": "5", "runs_days": "9"}).status_code == 302
    assert policies.policy(people.team.pk)["open_runs"] == 5
    told = AuditEntry.objects.filter(action="team.policy").order_by("id").last()
    assert told is not None
    assert (told.actor, told.after) == ("stranger", '{"open_runs":5,"runs_days":9}')
