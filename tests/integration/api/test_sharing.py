"""Components shared with other teams: who may use them, what stays when it is taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.catalog import actions as catalog
from pipelines.catalog import sharing
from pipelines.catalog.models import Component, Visibility
from pipelines.core.problems import InvalidDefinition
from pipelines.designs import actions as designs
from pipelines.designs import queries
from pipelines.designs.models import Pipeline
from pipelines.runs import actions as runs
from pipelines.teams.models import AuditEntry, User
from tests.people import People
from tests.support.sample import SOURCE, Sample, definition, spec

pytestmark = pytest.mark.django_db

STEP = "/api/v1/components/acme/step/"


@pytest.fixture
def stranger(people: People, as_user: Callable[[User], APIClient]) -> APIClient:
    return as_user(people.stranger)


def share(client: APIClient, visibility: str, *teams: str) -> Any:
    body = {"visibility": visibility, "teams": teams}
    return client.put(f"{STEP}sharing/", body, format="json")


def elsewhere(people: People) -> Pipeline:
    return designs.create(people.elsewhere, definition(name="theirs"), people.stranger)


def codes(pipeline: Pipeline) -> set[str]:
    return {problem.code for problem in queries.problems(pipeline)}


def test_a_component_is_private_until_it_is_shared_with_chosen_teams_or_all(
    sample: Sample, people: People, owner: APIClient, stranger: APIClient
) -> None:
    pipeline = elsewhere(people)

    def listed():
        return [row["full_name"] for row in stranger.get("/api/v1/components/").json()["results"]]

    assert (listed(), stranger.get(STEP).status_code) == ([], 404)
    assert codes(pipeline) == {"unknown_component"}
    for visibility, teams in (("teams", ["elsewhere"]), ("public", [])):
        answer = share(owner, visibility, *teams)
        assert answer.status_code == 200, answer.content
        assert [row["team"]["slug"] for row in answer.json()["shares"]] == teams
        assert (listed(), codes(pipeline)) == (["acme/step"], set())
        page = stranger.get(STEP).json()
        assert (page["owner"]["slug"], page["visibility"]) == ("acme", visibility)
        assert stranger.get(f"{STEP}versions/1/diff/").json()["compatibility"] == "same"
    share(owner, "private")
    assert (listed(), codes(pipeline)) == ([], {"unknown_component"})
    told = AuditEntry.objects.filter(action="component.share").order_by("id")
    assert [entry.team_id for entry in told] == [people.team.pk] * 3
    assert '"elsewhere"' in told[0].after
    assert '"public"' in told[1].after


def test_what_runs_goes_on_when_the_sharing_is_taken_back_and_nothing_new_begins(
    sample: Sample, people: People, owner: APIClient, stranger: APIClient
) -> None:
    share(owner, "teams", "elsewhere")
    pipeline = elsewhere(people)
    version = designs.publish(pipeline, "", people.stranger)
    mine, theirs = owner.get(f"{STEP}uses/").json(), stranger.get(f"{STEP}uses/").json()
    assert [row["pipeline_name"] for row in mine["results"]] == ["sample"]
    row = theirs["results"][0]
    assert (row["pipeline_name"], row["number"], row["nodes"]) == ("theirs", 1, 2)
    assert owner.get(STEP).json()["consumers"] == {"pipelines": 2, "teams": 2}
    consumers = owner.get(f"{STEP}sharing/").json()["consumers"]
    assert {each["slug"]: each["pipelines"] for each in consumers} == {"acme": 1, "elsewhere": 1}

    share(owner, "private")
    catalog.publish(spec().model_copy(update={"docs": "new"}), people.team, people.owner)
    run = runs.start(pipeline, version=version.number, user=people.stranger)
    assert run.node_runs.count() == 2
    # What is pinned stays readable, what came later does not.
    assert stranger.get(f"{STEP}versions/1/").status_code == 200
    assert {stranger.get(STEP).status_code, stranger.get(f"{STEP}versions/2/").status_code} == {404}
    designs.save_draft(pipeline, definition(name="theirs", description="x"), 1, people.stranger)
    with pytest.raises(InvalidDefinition) as refused:
        designs.publish(pipeline, "", people.stranger)
    assert {problem.code for problem in refused.value.problems} == {"withheld_component"}
    assert "`acme/step`" in str(refused.value)
    assert "administrator of Acme" in str(refused.value)


def test_only_administrators_of_the_owner_share_and_only_with_teams_that_there_are(
    sample: Sample, people: People, owner: APIClient, stranger: APIClient, as_user: Any
) -> None:
    assert share(as_user(people.editor), "public").status_code == 403
    assert share(stranger, "public").status_code == 404
    for teams in (["nowhere"], ["acme"], []):
        answer = share(owner, "teams", *teams)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["teams"])
    assert Component.objects.get(name="step").visibility == Visibility.PRIVATE
    share(owner, "public")
    refused = share(stranger, "private")
    assert refused.status_code == 403
    assert "team Acme" in refused.json()["detail"]
    # With whom else it is shared is not theirs to know.
    assert stranger.get(f"{STEP}sharing/").status_code == 404
    assert stranger.get(f"{STEP}history/").status_code == 404


def test_a_version_is_compared_with_any_other(
    sample: Sample, people: People, owner: APIClient
) -> None:
    narrower = SOURCE.replace("rows: list | None = None", "rows: list")
    body = {"team": "acme", "kind": "python", "namespace": "acme", "source": narrower}
    assert owner.post("/api/v1/components/", body, format="json").status_code == 201
    diff = owner.get(f"{STEP}versions/2/diff/?against=1").json()
    assert (diff["number"], diff["against"], diff["compatibility"]) == (2, 1, "breaking")
    assert [each["where"] for each in diff["changes"] if each["breaking"]] == ["inputs.rows"]
    assert "-def step(rows: list | None = None" in diff["code"]
    assert "+def step(rows: list," in diff["code"]
    assert owner.get(f"{STEP}versions/2/diff/?against=9").status_code == 404


def test_the_chosen_teams_are_replaced(sample: Sample, people: People) -> None:
    step = Component.objects.get(name="step")
    sharing.share(step, Visibility.TEAMS, ["elsewhere"], people.owner)
    sharing.share(step, Visibility.TEAMS, ["elsewhere"], people.owner)
    assert sharing.facts(step) == {"visibility": "teams", "teams": ["elsewhere"]}
    assert AuditEntry.objects.filter(action="component.share").count() == 1
