"""Two-step sign-in: set up, asked for, used up, removed, reset, and required."""

import re
from io import StringIO
from typing import Any

import pyotp
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from pipelines.teams import second_factor, tokens
from pipelines.teams.management.commands import rotate_encryption_key
from pipelines.teams.models import AuditEntry, RecoveryCode, SecondFactor, User
from tests.people import PASSWORD, People

pytestmark = pytest.mark.django_db

PAGE = "/second-factor/"
SIGN_IN = {"username": "owner", "password": PASSWORD, "next": "/runs/"}


def code(user: User, steps: int = 0) -> str:
    """What the app of a person shows now, or that many steps later."""
    factor = SecondFactor.objects.get(user=user)
    return pyotp.TOTP(second_factor.key(factor)).generate_otp(_now() + steps)


def _now() -> int:
    import time

    return int(time.time()) // second_factor.STEP_SECONDS


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands, so that no code runs out within a test."""
    monkeypatch.setattr("time.time", lambda: 1_800_000_015.0)


@pytest.fixture
def codes(people: People) -> list[str]:
    """The recovery codes of the owner, who has two-step sign-in on."""
    second_factor.begin(people.owner)
    found = second_factor.confirm(people.owner, code(people.owner, -1))
    return found


def password_given() -> Client:
    client = Client()
    assert client.post("/login/", SIGN_IN)["Location"] == "/login/code/"
    assert client.get("/api/v1/me/").status_code == 401
    return client


def test_it_is_set_up_with_a_code_and_tells_recovery_codes_once(
    people: People, owner: APIClient
) -> None:
    page = owner.get(PAGE).content.decode()
    key = re.search(r'data-testid="totp-key">([A-Z2-7 ]+)<', page)
    assert key is not None
    assert "viewBox" in page  # Without it, the style sheet would clip the code.
    assert b"is not right" in owner.post(PAGE, {"code": "000000"}).content
    assert owner.get("/api/v1/me/").json()["has_second_factor"] is False
    shown = owner.post(PAGE, {"code": pyotp.TOTP(key[1].replace(" ", "")).now()})
    codes = re.findall(r"<code>([a-z2-9-]{14})</code>", shown.content.decode())
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert owner.get("/api/v1/me/").json()["has_second_factor"] is True
    later = owner.get(PAGE).content.decode()
    assert codes[0] not in later
    assert key[1] not in later
    stored = RecoveryCode.objects.values_list("digest", flat=True)
    assert not {one.replace("-", "") for one in codes} & set(stored)
    assert AuditEntry.objects.filter(action="second_factor.enable", actor="owner").exists()


@pytest.mark.usefixtures("still", "codes")
def test_a_code_is_asked_for_and_counts_once(people: People) -> None:
    client = password_given()
    assert b"is not right" in client.post("/login/code/", {"code": "12345"}).content
    right = code(people.owner)
    assert client.post("/login/code/", {"code": right})["Location"] == "/runs/"
    assert client.get("/api/v1/me/").json()["username"] == "owner"
    again = password_given()
    assert b"used already" in again.post("/login/code/", {"code": right}).content
    assert again.get("/api/v1/me/").status_code == 401


def test_a_recovery_code_signs_in_once(people: People, codes: list[str]) -> None:
    typed = codes[3].upper().replace("-", " ")
    assert password_given().post("/login/code/", {"code": typed}).status_code == 302
    assert password_given().post("/login/code/", {"code": typed}).status_code == 200
    entry = AuditEntry.objects.get(action="second_factor.use_recovery_code")
    assert (entry.actor, entry.after) == ("owner", '{"left":9}')


@pytest.mark.usefixtures("codes")
def test_wrong_codes_lock_out_like_wrong_passwords(people: People, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    client = password_given()
    answers = [client.post("/login/code/", {"code": "000000"}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert client.post("/login/code/", {"code": code(people.owner)}).status_code == 429
    assert Client().post("/login/", SIGN_IN).status_code == 429
    assert AuditEntry.objects.filter(action="person.sign_in", outcome="denied").count() >= 3


@pytest.mark.usefixtures("codes")
def test_the_code_page_is_of_no_use_without_the_password(people: People) -> None:
    assert Client().get("/login/code/")["Location"] == "/login/"
    client = password_given()
    people.owner.set_password("another long password")
    people.owner.save()
    answer = client.post("/login/code/", {"code": code(people.owner)})
    assert answer["Location"] == "/login/"
    assert client.get("/api/v1/me/").status_code == 401


@pytest.mark.usefixtures("still", "codes")
def test_a_token_for_a_password_wants_the_code_too(people: People) -> None:
    given = {"username": "owner", "password": PASSWORD}
    client = APIClient()
    without = client.post("/api/v1/token/", given, format="json")
    assert (without.status_code, "`code`" in without.json()["detail"]) == (401, True)
    wrong = client.post("/api/v1/token/", {**given, "code": "000000"}, format="json")
    assert wrong.status_code == 401
    right = {**given, "code": code(people.owner)}
    assert client.post("/api/v1/token/", right, format="json").status_code == 201
    assert client.post("/api/v1/token/", right, format="json").status_code == 401


@pytest.mark.usefixtures("still")
def test_who_removes_it_shows_who_it_is(people: People, owner: APIClient, codes: list[str]) -> None:
    def ask(do: str, **given: str) -> Any:
        return owner.post(PAGE, {"do": do, **given})

    assert ask("remove", code=code(people.owner)).status_code == 200
    assert ask("remove", password="wrong", code=code(people.owner)).status_code == 200
    assert ask("remove", password=PASSWORD, code="000000").status_code == 200
    assert SecondFactor.objects.exists()
    fresh = ask("renew", password=PASSWORD, code=code(people.owner)).content.decode()
    new = re.findall(r"<code>([a-z2-9-]{14})</code>", fresh)
    assert ask("remove", password=PASSWORD, code=codes[0]).status_code == 200
    assert ask("remove", password=PASSWORD, code=new[0])["Location"] == "/account"
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert AuditEntry.objects.filter(action="second_factor.disable").exists()
    assert Client().post("/login/", SIGN_IN)["Location"] == "/runs/"


@pytest.mark.usefixtures("codes")
def test_an_administrator_of_the_penstock_resets_it(people: People, as_user: Any) -> None:
    boss = User.objects.create_superuser("boss", "", PASSWORD)
    body = {"action": "reset_second_factor", "_selected_action": [people.owner.pk]}
    assert as_user(people.editor).post("/admin/teams/user/", body).status_code == 302
    assert SecondFactor.objects.exists()
    assert as_user(boss).post("/admin/teams/user/", body).status_code == 302
    assert not SecondFactor.objects.exists()
    entry = AuditEntry.objects.get(action="second_factor.reset")
    assert (entry.actor, entry.object_name) == ("boss", "owner")
    with pytest.raises(CommandError, match="is not on for `owner`"):
        call_command("reset_second_factor", "owner")
    second_factor.begin(people.owner)
    call_command("reset_second_factor", "owner", stdout=StringIO())


def test_where_it_is_required_nothing_else_opens(
    people: People, owner: APIClient, settings: Any
) -> None:
    settings.PENSTOCK_REQUIRE_MFA = True
    assert owner.get("/")["Location"] == PAGE
    refused = owner.get("/api/v1/pipelines/")
    assert (refused.status_code, PAGE in refused.json()["detail"]) == (403, True)
    given = {"username": "owner", "password": PASSWORD}
    assert APIClient().post("/api/v1/token/", given, format="json").status_code == 403
    _, secret = tokens.create(people.owner)
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    assert script.get("/api/v1/pipelines/").status_code == 200
    assert owner.get(PAGE).status_code == 200
    owner.post(PAGE, {"code": code(people.owner)})
    assert owner.get("/api/v1/pipelines/").status_code == 200


@pytest.mark.usefixtures("still", "codes")
def test_the_key_is_encrypted_and_outlives_a_rotation(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    factor = SecondFactor.objects.get(user=people.owner)
    before, key = bytes(factor.ciphertext), second_factor.key(factor)
    assert key.encode() not in before
    monkeypatch.setattr(rotate_encryption_key, "_PAUSE_SECONDS", 0.0)
    call_command("rotate_encryption_key", stdout=StringIO())
    factor.refresh_from_db()
    assert bytes(factor.ciphertext) != before
    assert second_factor.key(factor) == key
