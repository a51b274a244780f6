"""Where a team's steps may go: decided by administrators of the Penstock, given to the step."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.runs.prepare import Prepared, RunFacts, request
from pipelines.teams import network
from pipelines.teams.models import AuditEntry, User
from tests.people import People
from tests.support.sample import Sample

pytestmark = pytest.mark.django_db

HOSTS = "/api/v1/teams/acme/allowed-hosts/"


@pytest.fixture
def staff(people: People, as_user: Any) -> APIClient:
    """An administrator of the Penstock, who is in no team."""
    return as_user(User.objects.create_user("root", is_staff=True))


def test_administrators_of_the_penstock_open_the_network_and_the_teams_sees_it(
    staff: APIClient, owner: APIClient, people: People, sample: Sample, settings: Any
) -> None:
    settings.PENSTOCK_ALLOWED_HOSTS_OUT = ("proxy.internal",)
    given = {"entry": " DB.internal:5432 ", "note": "the warehouse"}
    refused = owner.post(HOSTS, given, format="json")
    assert refused.status_code == 403
    assert "Only an administrator of this Penstock" in refused.json()["detail"]
    made = staff.post(HOSTS, given, format="json")
    assert made.status_code == 201, made.json()
    assert staff.post(HOSTS, given, format="json").status_code == 409
    (row,) = owner.get(HOSTS).json()["results"]
    assert (row["entry"], row["note"]) == ("db.internal:5432", "the warehouse")
    assert owner.get("/api/v1/teams/acme/network/").json() == {"everybody": ["proxy.internal"]}

    facts = RunFacts.load(sample.run.pk)
    prepared = Prepared({"parameters": {}}, {}, {})
    plan = {"timeout": None, "memory_bytes": None}
    asked = request(prepared, facts, plan, key="k", attempt=1, gpus=None)
    assert asked.reach == ("proxy.internal", "db.internal:5432")
    assert network.reach(people.elsewhere.pk) == ("proxy.internal",)

    assert staff.delete(f"{HOSTS}{row['id']}/").status_code == 204
    assert network.reach(people.team.pk) == ("proxy.internal",)
    told = AuditEntry.objects.filter(action__startswith="network.").order_by("id")
    assert [(entry.action, entry.actor) for entry in told] == [
        ("network.allow", "root"), ("network.forbid", "root"),
    ]  # fmt: skip
    assert AuditEntry.objects.get(outcome="denied").actor == "owner"


def test_what_is_no_host_is_refused_and_foreign_teams_are_not_found(
    staff: APIClient, people: People, as_user: Any
) -> None:
    refused = staff.post(HOSTS, {"entry": "http://x/"}, format="json")
    assert refused.status_code == 400
    assert "neither a host nor a network" in str(refused.json())
    assert as_user(people.stranger).get(HOSTS).status_code == 404
    assert staff.get("/api/v1/teams/nobody/allowed-hosts/").status_code == 404
