"""The audit log: what is written, that it cannot be changed, and that a change would be found."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from rest_framework.test import APIClient

from pipelines.designs import actions as designs
from pipelines.teams import append_only, audit, chain, floods, tokens
from pipelines.teams.models import AuditEntry, AuditPending, AuditSeal
from tests.people import People
from tests.support.sample import Sample, definition

pytestmark = pytest.mark.django_db


@contextmanager
def an_intruder() -> Iterator[None]:
    """Somebody with all rights on the database, who takes the triggers away and puts them back."""
    append_only.drop(connection)
    yield
    append_only.create(connection)


def sealed(people: People, count: int = 5) -> list[AuditEntry]:
    made = [
        audit.record("thing.do", people.team, team=people.team.pk, user=people.owner, after=n)
        for n in range(count)
    ]
    while chain.seal():
        pass
    return made


def test_an_edit_is_told_with_what_changed_and_from_where(
    sample: Sample, people: People, as_user: Any
) -> None:
    changed = definition(description="new")
    response = as_user(people.editor).patch(
        f"/api/v1/pipelines/{sample.pipeline.pk}/draft/",
        {"definition": changed},
        format="json",
        HTTP_IF_MATCH='"1"',
        HTTP_X_REQUEST_ID="req-7",
        REMOTE_ADDR="203.0.113.9",
    )
    assert response.status_code == 200
    assert response["X-Request-ID"] == "req-7"
    found = as_user(people.owner).get(
        "/api/v1/audit/", {"object_id": str(sample.pipeline.pk), "action": "pipeline.edit"}
    )
    (told,) = found.json()["results"]
    assert told["actor"] == "editor"
    assert (told["ip"], told["request_id"]) == ("203.0.113.9", "req-7")
    assert told["before"] == {"revision": 1, "changed": {}}
    assert told["after"] == {"revision": 2, "changed": {"description": "new"}}


def test_a_change_that_fails_leaves_no_entry(sample: Sample, people: People) -> None:
    before = AuditEntry.objects.count()
    with transaction.atomic():
        designs.create(people.team, definition(), people.owner)
        transaction.set_rollback(True)
    with pytest.raises(designs.StaleDraft):
        designs.save_draft(sample.pipeline, definition(name="other"), 7, people.owner)
    assert AuditEntry.objects.count() == before


def test_denied_attempts_are_told_to_the_team_that_owns_the_thing(
    sample: Sample, people: People, as_user: Any
) -> None:
    run = f"/api/v1/runs/{sample.run.pk}/"
    assert as_user(people.teammate).post(f"{run}cancel/").status_code == 403
    assert as_user(people.stranger).get(run).status_code == 404
    wrong = as_user(people.owner)
    wrong.logout()
    wrong.credentials(HTTP_AUTHORIZATION="Token wrong")
    assert wrong.get(run).status_code == 401
    seen = as_user(people.owner).get("/api/v1/audit/", {"outcome": "denied"}).json()["results"]
    assert [(each["actor"], each["action"], each["object_id"]) for each in seen] == [
        ("stranger", "view", str(sample.run.pk)),
        ("teammate", "cancel", str(sample.run.pk)),
    ]
    nobody = AuditEntry.objects.get(actor_kind="anonymous", outcome="denied")
    assert (nobody.team_id, nobody.object_name) == (None, f"GET {run}")


def test_only_administrators_read_it_and_only_of_their_teams(
    sample: Sample, people: People, as_user: Any
) -> None:
    assert as_user(people.editor).get("/api/v1/audit/").status_code == 403
    rows = as_user(people.stranger).get("/api/v1/audit/", {"page_size": 200}).json()["results"]
    assert {row["team"] for row in rows} == {str(people.elsewhere.pk)}
    assert as_user(people.stranger).get("/api/v1/audit/", {"team": "acme"}).json()["count"] == 0


def test_a_token_is_named(sample: Sample, people: People, as_user: Any) -> None:
    token, secret = tokens.create(people.owner, "nightly")
    client = as_user(people.owner)
    client.logout()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    assert client.post(f"/api/v1/runs/{sample.run.pk}/cancel/").status_code == 200
    entry = AuditEntry.objects.get(action="run.cancel")
    assert (entry.actor, entry.token) == ("owner", str(token))


def test_secrets_are_redacted() -> None:
    given = {
        "password": "s1",
        "nodes": [{"params": {"api_key": "s2", "url": "postgres://me:s3@host/db", "rows": 3}}],
        "Authorization": {"value": "kept apart", "token": ["s4"]},
    }
    text = json.dumps(audit.redacted(given))
    assert not [secret for secret in ("s1", "s2", "s3", "s4") if secret in text]
    assert '"rows": 3' in text


def test_the_export_holds_what_the_list_holds(
    sample: Sample, people: People, as_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.api.audit._BATCH", 2)
    client = as_user(people.owner)
    audit.record("x.do", team=people.team.pk, user=people.owner, name="=1+1")
    listed = [row["id"] for row in client.get("/api/v1/audit/?page_size=200").json()["results"]]
    assert len(listed) > 4
    lines = client.get("/api/v1/audit/export/?as=jsonl").getvalue().decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == listed
    text = client.get("/api/v1/audit/export/").getvalue().decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["id"]) for row in rows] == listed
    assert rows[0]["object_name"] == "'=1+1"


def test_the_database_refuses_changes(people: People) -> None:
    (entry, *_) = sealed(people, 1)
    for rows in (AuditEntry.objects.filter(pk=entry.pk), AuditSeal.objects.all()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(actor="somebody else")
    assert list(chain.verify()) == []
    assert append_only.missing(connection) == []


def test_what_is_not_committed_is_not_sealed_and_nothing_is_sealed_twice(people: People) -> None:
    made = sealed(people)
    assert chain.seal() == 0
    assert AuditPending.objects.count() == 0
    assert AuditSeal.objects.filter(entry_id__in=[each.pk for each in made]).count() == len(made)


def edited(made: list[AuditEntry]) -> None:
    AuditEntry.objects.filter(pk=made[2].pk).update(actor="somebody else")


def edited_with_digest(made: list[AuditEntry]) -> None:
    made[2].actor = "somebody else"
    made[2].digest = audit.digest(made[2])
    made[2].save()


def deleted(made: list[AuditEntry]) -> None:
    AuditEntry.objects.filter(pk=made[2].pk).delete()


def deleted_with_seal(made: list[AuditEntry]) -> None:
    deleted(made)
    AuditSeal.objects.filter(entry_id=made[2].pk).delete()


def reordered(made: list[AuditEntry]) -> None:
    first, second = (AuditSeal.objects.get(entry_id=each.pk) for each in made[1:3])
    first_entry, second_entry = first.entry_id, second.entry_id
    AuditSeal.objects.filter(pk=first.pk).update(entry_id=0)
    AuditSeal.objects.filter(pk=second.pk).update(entry_id=first_entry)
    AuditSeal.objects.filter(pk=first.pk).update(entry_id=second_entry)


def slipped_in(made: list[AuditEntry]) -> None:
    made[2].pk = None
    made[2].save(force_insert=True)


@pytest.mark.parametrize(
    ("crime", "words"),
    [
        (edited, "was edited"),
        (edited_with_digest, "does not follow"),
        (deleted, "was deleted"),
        (deleted_with_seal, "are missing"),
        (reordered, "does not follow"),
        (slipped_in, "has no seal"),
    ],
)
def test_what_an_intruder_does_is_found(people: People, crime: Any, words: str) -> None:
    made = sealed(people)
    assert list(chain.verify()) == []
    with an_intruder():
        crime(made)
    assert any(words in found for found in chain.verify())


def test_a_kept_head_shows_what_was_cut_off_or_written_anew(people: People, tmp_path: Path) -> None:
    made = sealed(people)
    kept = tmp_path / "head.json"
    call_command("verify_audit", export=kept)
    call_command("verify_audit", head=kept)
    with an_intruder():
        AuditSeal.objects.filter(entry_id__gte=made[3].pk).delete()
        AuditEntry.objects.filter(pk__gte=made[3].pk).delete()
    assert list(chain.verify()) == []
    with pytest.raises(CommandError, match="cut off"):
        call_command("verify_audit", head=kept)
    sealed(people)
    with pytest.raises(CommandError, match="rewritten"):
        call_command("verify_audit", head=kept)
    append_only.drop(connection)
    with pytest.raises(CommandError, match="trigger"):
        call_command("verify_audit")
    append_only.create(connection)


def test_guessing_does_not_fill_the_log(people: People, settings: Any) -> None:
    settings.AXES_ENABLED = False
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION="Token wrong")
    for _ in range(41):
        assert script.get("/api/v1/me/", REMOTE_ADDR="2001:db8::1").status_code == 401
    wrong = {"username": "owner", "password": "wrong"}
    for _ in range(20):
        script.post("/login/", wrong, REMOTE_ADDR="2001:db8::ffff")
    denied = AuditEntry.objects.filter(outcome="denied")
    numbers = [json.loads(each.after or "null") for each in denied.order_by("id")]
    assert len(numbers) == 20 + 1
    assert numbers[-1]["attempts"] == 40
    script.get("/api/v1/me/", REMOTE_ADDR="2001:db8:0:1::1")
    assert denied.count() == 22
    assert floods.source("::ffff:192.0.2.1") != floods.source("::ffff:192.0.2.2")
    told = [number for number in range(1, 1_000_001) if floods.is_told(number)]
    assert (len(told), told[20:22]) == (35, [40, 80])
