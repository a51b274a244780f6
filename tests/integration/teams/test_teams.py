"""Making, listing and renaming teams; the service accounts of one."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.teams import members, tokens
from pipelines.teams.models import AuditEntry, Team, User
from pipelines.teams.roles import Role
from tests.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(people: People, as_user: Any) -> APIClient:
    """An administrator of the Penstock, who is in no team yet."""
    user = User.objects.create_user("boss", "boss@example.org", is_staff=True)
    client: APIClient = as_user(user)
    return client


def test_an_administrator_of_the_penstock_makes_a_team_and_administers_it(boss: APIClient) -> None:
    made = boss.post("/api/v1/teams/", {"name": "Data & ML"}, format="json")
    assert made.status_code == 201
    assert (made.json()["slug"], made.json()["role"]) == ("data-ml", "admin")
    again = boss.post("/api/v1/teams/", {"name": "Other", "slug": "data-ml"}, format="json")
    assert again.status_code == 409
    assert "`data-ml`" in again.json()["detail"]
    assert not Team.objects.filter(name="Other").exists()
    told = AuditEntry.objects.filter(team_id=made.json()["id"]).values_list("action", "actor")
    assert set(told) == {("team.create", "boss"), ("member.add", "boss")}
    bad = boss.post("/api/v1/teams/", {"name": "X", "slug": "Not one"}, format="json")
    assert "slug" in bad.json()["errors"]


def test_one_sees_the_teams_one_is_in(owner: APIClient, people: People, boss: APIClient) -> None:
    members.set_role(people.elsewhere, people.owner, Role.VIEWER)
    rows = owner.get("/api/v1/teams/").json()["results"]
    assert [(row["slug"], row["role"]) for row in rows] == [
        ("acme", "admin"),
        ("elsewhere", "viewer"),
    ]
    assert owner.get("/api/v1/teams/?search=else").json()["count"] == 1
    assert boss.get("/api/v1/teams/").json()["count"] == 0
    assert boss.get("/api/v1/teams/acme/").status_code == 404


def test_a_renamed_team_keeps_its_address(owner: APIClient) -> None:
    page = "/api/v1/teams/acme/"
    assert owner.patch(page, {"name": "  "}, format="json").status_code == 400
    assert owner.patch(page, {"name": "Acme Inc."}, format="json").json()["name"] == "Acme Inc."
    assert owner.get(page).json()["slug"] == "acme"
    entry = AuditEntry.objects.get(action="team.rename")
    assert (entry.before, entry.after) == ('{"name":"Acme"}', '{"name":"Acme Inc."}')


def test_members_are_listed_by_kind_and_found_by_name(owner: APIClient, people: People) -> None:
    members.create_service(people.team, "CI", Role.OPERATOR, people.owner)

    def names(query: str) -> list[str]:
        rows = owner.get(f"/api/v1/teams/acme/members/?{query}").json()["results"]
        return [row["user"]["username"] for row in rows]

    assert names("kind=service") == ["ci@acme"]
    assert "ci@acme" not in names("kind=person")
    assert names("search=edit") == names("role=editor") == ["editor"]


def test_a_token_remembers_from_where_it_was_used(owner: APIClient, people: People) -> None:
    _, secret = tokens.create(people.owner)
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    assert script.get("/api/v1/me/", REMOTE_ADDR="192.0.2.7").status_code == 200
    (row,) = owner.get("/api/v1/tokens/").json()["results"]
    assert row["last_used_ip"] == "192.0.2.7"
