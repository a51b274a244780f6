"""Who is in a team: invitations, roles, leaving, service accounts, tokens."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from pipelines.teams import members, tokens
from pipelines.teams.models import AuditEntry, Invitation, Membership, User
from pipelines.teams.roles import Role
from tests.people import People
from tests.support.sample import Sample

pytestmark = pytest.mark.django_db

TEAM = "/api/v1/teams/acme/"


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user, team__slug="acme")


def invited(owner: APIClient, role: str = "operator") -> str:
    made = owner.post(f"{TEAM}invitations/", {"role": role, "note": "Ada"}, format="json")
    assert made.status_code == 201
    return str(made.json()["link"]).removeprefix("http://testserver")


def test_a_new_person_joins_by_link_once(owner: APIClient) -> None:
    link = invited(owner)
    account = {
        "username": "ada",
        "password1": "a long enough one",
        "password2": "a long enough one",
    }
    browser = Client()
    assert b"Acme" in browser.get(link).content
    assert browser.post(link, {**account, "password2": "else"}).status_code == 200
    assert browser.post(link, account).status_code == 302
    assert browser.get("/api/v1/me/").json()["teams"][0]["role"] == "operator"
    assert Client().get(link).status_code == 410
    assert Client().post(link, {**account, "username": "eve"}).status_code == 410
    assert not User.objects.filter(username="eve").exists()
    assert AuditEntry.objects.get(action="invitation.accept").actor == "ada"


def test_somebody_who_has_an_account_joins_with_it(owner: APIClient, people: People) -> None:
    browser = Client()
    browser.force_login(people.stranger, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.post(invited(owner)).status_code == 302
    assert membership(people.stranger).role == Role.OPERATOR
    assert len(browser.get("/api/v1/me/").json()["teams"]) == 2


def test_an_invitation_can_be_withdrawn_and_ends(owner: APIClient) -> None:
    first, second = invited(owner), invited(owner)
    rows = owner.get(f"{TEAM}invitations/").json()["results"]
    assert owner.delete(f"{TEAM}invitations/{rows[1]['id']}/").status_code == 204
    assert Client().get(first).status_code == 410
    Invitation.objects.update(expires_at=timezone.now())
    assert Client().get(second).status_code == 410
    assert owner.get(f"{TEAM}invitations/").json()["count"] == 0


def test_an_invitation_lowers_no_role(owner: APIClient, people: People) -> None:
    made, _ = members.invite(people.team, Role.VIEWER, people.owner)
    assert members.accept(made, people.editor)
    assert membership(people.editor).role == Role.EDITOR


def test_a_changed_role_and_a_removal_count_at_once(
    owner: APIClient, people: People, sample: Sample, as_user: Any
) -> None:
    editor, run = as_user(people.editor), f"/api/v1/runs/{sample.run.pk}/"
    _, secret = tokens.create(people.editor)
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    page = f"{TEAM}members/{membership(people.editor).pk}/"
    assert owner.patch(page, {"role": "viewer"}, format="json").json()["role"] == "viewer"
    assert editor.post(f"{run}cancel/").status_code == 403
    assert script.post(f"{run}cancel/").status_code == 403
    assert owner.delete(page).status_code == 204
    assert (editor.get(run).status_code, script.get(run).status_code) == (404, 404)
    told = AuditEntry.objects.filter(object_name="editor").values_list("action", "before", "after")
    assert ("member.change", '{"role":"editor"}', '{"role":"viewer"}') in told
    assert ("member.remove", '{"role":"viewer"}', "null") in told


def test_everyone_may_leave_but_the_last_administrator(
    owner: APIClient, people: People, as_user: Any
) -> None:
    mine = f"{TEAM}members/{membership(people.teammate).pk}/"
    assert as_user(people.operator).delete(mine).status_code == 403
    assert as_user(people.teammate).delete(mine).status_code == 204
    own = f"{TEAM}members/{membership(people.owner).pk}/"
    assert owner.delete(own).status_code == 409
    assert owner.patch(own, {"role": "viewer"}, format="json").status_code == 409
    members.change_role(membership(people.editor), Role.ADMIN, people.owner)
    assert owner.delete(own).status_code == 204


def test_a_service_account_acts_by_token_until_it_is_removed(
    owner: APIClient, people: People, sample: Sample
) -> None:
    made = owner.post(f"{TEAM}services/", {"name": "CI", "role": "operator"}, format="json").json()
    assert (made["kind"], made["user"]["username"]) == ("service", "ci@acme")
    again = owner.post(f"{TEAM}services/", {"name": "ci", "role": "viewer"}, format="json")
    assert again.status_code == 409
    page = f"{TEAM}members/{made['id']}/"
    token = owner.post(f"{page}tokens/", {"name": "build", "scopes": ["run"]}, format="json").json()
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Token {token['token']}")
    run = script.post(f"/api/v1/pipelines/{sample.pipeline.pk}/runs/", {}, format="json")
    assert run.status_code == 201
    assert script.post(f"/api/v1/runs/{run.json()['id']}/cancel/").status_code == 403
    assert script.post("/api/v1/tokens/", {"name": "more"}, format="json").status_code == 403
    entry = AuditEntry.objects.get(action="run.start", actor="ci@acme")
    assert (entry.actor_kind, entry.token.split()[0]) == ("service", "build")
    assert owner.delete(page).status_code == 204
    assert script.get("/api/v1/me/").status_code == 401


def test_a_token_ends(people: People) -> None:
    client = APIClient()
    _, secret = tokens.create(people.owner, expires_at=timezone.now() + timedelta(hours=1))
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    assert client.get("/api/v1/me/").status_code == 200
    people.owner.api_tokens.update(expires_at=timezone.now())
    assert client.get("/api/v1/me/").status_code == 401
