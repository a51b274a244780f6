"""Signing in by password, link and token; and being locked out."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from pipelines.teams import actions, tokens
from pipelines.teams.models import Membership, Team, User
from tests.people import PASSWORD, People

pytestmark = pytest.mark.django_db


def test_a_password_signs_in_and_leads_on(people: People) -> None:
    client = Client()
    page = client.get("/runs/?state=failed")
    assert page["Location"] == "/login/?next=/runs/%3Fstate%3Dfailed"
    form = {"username": "owner", "password": PASSWORD, "next": "/runs/?state=failed"}
    assert client.post("/login/", form)["Location"] == "/runs/?state=failed"
    assert client.get("/api/v1/me/").json()["username"] == "owner"
    evil = Client().post("/login/", {**form, "next": "https://evil.example/"})
    assert evil["Location"] == "/"


def test_signing_out_is_a_post(people: People, as_user: Callable[[User], APIClient]) -> None:
    client = as_user(people.owner)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert client.get("/api/v1/me/").status_code == 401


def test_a_link_signs_in_once(people: People) -> None:
    secret = tokens.create_login_link(people.owner)
    assert Client().head(f"/welcome/{secret}/").status_code == 405
    first = Client()
    assert first.get(f"/welcome/{secret}/?next=/runs/")["Location"] == "/runs/"
    assert first.get("/api/v1/me/").json()["username"] == "owner"
    assert first.get(f"/welcome/{secret}/")["Location"] == "/"
    second = Client().get(f"/welcome/{secret}/")
    assert second.status_code == 410
    assert b"login_link" in second.content
    other = tokens.create_login_link(people.owner)
    assert Client().get(f"/welcome/{other}/?next=//evil.example")["Location"] == "/"


def test_an_old_link_and_a_link_of_somebody_inactive_do_nothing(people: People) -> None:
    from datetime import timedelta

    old = tokens.create_login_link(people.owner, valid_for=-timedelta(seconds=1))
    assert Client().get(f"/welcome/{old}/").status_code == 410
    people.owner.is_active = False
    people.owner.save()
    secret = tokens.create_login_link(people.owner)
    assert Client().get(f"/welcome/{secret}/").status_code == 410


def test_wrong_passwords_lock_out_on_the_page_and_in_the_api(people: People, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    client = APIClient()
    wrong = {"username": "owner", "password": "wrong"}
    first = client.post("/api/v1/token/", wrong, format="json")
    assert (first.status_code, first["Content-Type"]) == (401, "application/problem+json")
    client.post("/login/", wrong)
    locked = client.post("/api/v1/token/", wrong, format="json")
    assert (locked.status_code, locked["Content-Type"]) == (429, "application/problem+json")
    assert locked["Retry-After"]
    right = {"username": "owner", "password": PASSWORD}
    assert client.post("/api/v1/token/", right, format="json").status_code == 429
    page = client.post("/login/", right)
    assert page.status_code == 429
    assert b"Wait 15 minutes" in page.content
    other = {"username": "teammate", "password": PASSWORD}
    assert client.post("/api/v1/token/", other, format="json").status_code == 201


def test_tokens_are_made_listed_used_and_revoked(owner: APIClient) -> None:
    made = owner.post("/api/v1/tokens/", {"name": "ci"}, format="json")
    assert made.status_code == 201
    secret = made.json()["token"]
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    assert script.get("/api/v1/me/").json()["username"] == "owner"
    listed = owner.get("/api/v1/tokens/").json()["results"]
    assert [row["name"] for row in listed] == ["ci"]
    assert "token" not in listed[0]
    assert listed[0]["last_used_at"]
    assert owner.delete(f"/api/v1/tokens/{listed[0]['id']}/").status_code == 204
    assert script.get("/api/v1/me/").status_code == 401


def test_a_token_makes_no_tokens_and_sets_no_password(people: People) -> None:
    _, secret = tokens.create(people.owner)
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    for path, body in (
        ("tokens/", {"name": "more"}),
        ("token/", {}),
        ("me/password/", {"current": PASSWORD, "new": "a new long password"}),
    ):
        assert script.post(f"/api/v1/{path}", body, format="json").status_code == 403, path
    assert script.get("/api/v1/tokens/").status_code == 200


def test_a_session_gets_a_token_without_a_password(owner: APIClient) -> None:
    assert owner.post("/api/v1/token/", {}, format="json").json()["token"].startswith("pst_")
    assert APIClient().post("/api/v1/token/", {}, format="json").status_code == 401


def test_a_password_is_changed_and_ends_other_sessions(
    people: People, as_user: Callable[[User], APIClient]
) -> None:
    here, elsewhere = as_user(people.owner), as_user(people.owner)
    new = "another long password"

    def change(**body: str) -> Any:
        return here.post("/api/v1/me/password/", body, format="json")

    assert "current" in change(current="wrong", new=new).json()["errors"]
    assert "new" in change(current=PASSWORD, new="12345").json()["errors"]
    assert change(new=new).status_code == 400
    assert change(current=PASSWORD, new=new).status_code == 204
    assert here.get("/api/v1/me/").status_code == 200
    assert elsewhere.get("/api/v1/me/").status_code == 401
    people.owner.refresh_from_db()
    assert people.owner.check_password(new)


def test_the_password_page_asks_for_the_old_one_only_where_there_is_one(
    people: People, as_user: Callable[[User], APIClient]
) -> None:
    client = as_user(people.owner)
    assert b"Current password" in client.get("/password/").content
    wrong = client.post("/password/", {"current": "x", "new": "abc", "again": "abd"})
    assert b"not the same" in wrong.content
    right = {"current": PASSWORD, "new": "a new long password", "again": "a new long password"}
    assert client.post("/password/", right).status_code == 302
    first = actions.ensure_first_admin()
    fresh = as_user(first)
    page = fresh.get("/password/").content
    assert b"Choose a password" in page
    assert b"Current password" not in page


def test_the_first_administrator_is_made_once() -> None:
    first = actions.ensure_first_admin()
    assert not first.has_usable_password()
    first.set_password(PASSWORD)
    first.save()
    again = actions.ensure_first_admin()
    assert again == first
    assert again.has_usable_password()
    assert (User.objects.count(), Team.objects.count(), Membership.objects.count()) == (1, 1, 1)


def test_the_commands_print_a_token_and_a_link(people: People) -> None:
    out = StringIO()
    call_command("create_token", "owner", stdout=out)
    found = tokens.find(out.getvalue().strip())
    assert found is not None
    assert found.user == people.owner
    out = StringIO()
    call_command("login_link", "owner", "--base", "http://localhost:9/", stdout=out)
    match = re.fullmatch(r"http://localhost:9(/welcome/[\w-]+/)", out.getvalue().strip())
    assert match is not None
    assert Client().get(match[1]).status_code == 302
    with pytest.raises(CommandError, match="There is no user `nobody`"):
        call_command("create_token", "nobody")


def test_a_login_link_leads_to_where_penstock_runs(
    people: People, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path

    def printed() -> str:
        out = StringIO()
        call_command("login_link", "owner", stdout=out)
        return out.getvalue()

    assert printed().startswith("http://127.0.0.1:8000/welcome/")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "up.json").write_text('{"url": "http://127.0.0.1:8931"}')
    assert printed().startswith("http://127.0.0.1:8931/welcome/")


def test_the_administration_edits_no_token(people: People, as_user: Any) -> None:
    people.owner.is_staff = people.owner.is_superuser = True
    people.owner.save()
    token, _ = tokens.create(people.teammate)
    client = as_user(people.owner)
    for path in ("", "teams/user/", "teams/team/", f"teams/apitoken/{token.pk}/change/"):
        assert client.get(f"/admin/{path}").status_code == 200, path
    page = f"/admin/teams/apitoken/{token.pk}/change/"
    assert client.post(page, {"name": "mine"}).status_code == 403
    assert client.get("/admin/teams/apitoken/add/").status_code == 403
    assert client.post(f"/admin/teams/team/{people.team.pk}/delete/").status_code == 403
    assert as_user(people.teammate).get("/admin/").status_code == 302


def test_the_pages_need_no_stranger_for_their_looks(people: People) -> None:
    page = Client().get("/login/").content.decode()
    assert 'href="/static/css/pages.css"' in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_metrics_are_for_administrators(people: People, as_user: Any) -> None:
    assert as_user(people.teammate).get("/metrics").status_code == 403
    people.owner.is_staff = True
    people.owner.save()
    text = as_user(people.owner).get("/metrics").content.decode()
    assert 'penstock_runs{state="success"} 0.0' in text


def test_health_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.api import health

    assert Client().get("/healthz").json() == {"status": "ok"}
    assert Client().get("/readyz").json()["checks"] == {"database": "ok", "redis": "ok"}
    monkeypatch.setitem(health._CHECKS, "redis", lambda: False)
    assert Client().get("/readyz").status_code == 503
