"""Secrets of teams: written, rotated and deleted by administrators, encrypted, read back by nobody."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from rest_framework.test import APIClient

from pipelines.catalog import actions as catalog
from pipelines.core.document import Definition
from pipelines.core.problems import InvalidDefinition
from pipelines.designs import actions as designs
from pipelines.library import specs
from pipelines.runs import actions as runs
from pipelines.runs.prepare import Preparation, RunFacts, request
from pipelines.teams import encryption, tokens, vault
from pipelines.teams.management.commands import rotate_encryption_key
from pipelines.teams.models import AuditEntry, TeamSecret
from pipelines.teams.roles import Action
from tests.people import People

pytestmark = pytest.mark.django_db

SECRETS = "/api/v1/teams/acme/secrets/"
VALUE = "hunter22/with+signs"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(encryption.VARIABLE, raising=False)
    monkeypatch.setattr(rotate_encryption_key, "_PAUSE_SECONDS", 0.0)
    settings.HOME = tmp_path
    return tmp_path


@pytest.fixture
def python_nodes(db: None) -> None:
    """`core/python`, which takes secrets by name."""
    (spec,) = [spec for spec in specs.read_all() if spec.full_name == "core/python"]
    catalog.publish(spec, None, None)


def written(owner: APIClient, name: str = "db_password", value: str = VALUE) -> dict[str, Any]:
    answer = owner.post(
        SECRETS, {"name": name, "value": value, "description": "Of the warehouse"}, format="json"
    )
    assert answer.status_code == 201, answer.data
    return dict(answer.json())


def using(name: Any = "db_password") -> dict[str, Any]:
    code = "def run(data=None):\n    return 1\n"
    node = {"id": "ask", "component": "core/python", "params": {"code": code, "secrets": name}}
    return {"schema": 1, "name": "Asks", "nodes": [node], "edges": []}


def checked(owner: APIClient, definition: dict[str, Any]) -> Any:
    body = {"definition": definition, "team": "acme"}
    return owner.post("/api/v1/validate/", body, format="json")


def test_a_value_goes_in_and_never_comes_out(owner: APIClient, home: Path) -> None:
    made = written(owner)
    assert made["version"] == 1
    rotated = owner.patch(f"{SECRETS}{made['id']}/", {"value": VALUE[::-1]}, format="json")
    assert rotated.json()["version"] == 2
    answers = [
        rotated,
        owner.get(SECRETS),
        owner.get("/api/v1/audit/"),
        owner.get("/api/v1/audit/export/"),
    ]
    told = b"".join(
        b"".join(answer.streaming_content) if answer.streaming else answer.content
        for answer in answers
    )
    for value in (VALUE, VALUE[::-1]):
        assert value.encode() not in told
    with connection.cursor() as cursor:
        cursor.execute("SELECT ciphertext FROM teams_teamsecret")
        stored = bytes(cursor.fetchone()[0])
    assert VALUE[::-1].encode() not in stored
    assert encryption.decrypt(stored) == VALUE[::-1]
    assert (home / encryption.FILE).stat().st_mode & 0o777 == 0o600
    entries = AuditEntry.objects.filter(object_type="teamsecret").order_by("id")
    assert [entry.action for entry in entries] == ["secret.write", "secret.rotate"]


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("Db", VALUE, "name"),
        ("1st", VALUE, "name"),
        ("db", "tiny", "value"),
        ("db", "x" * 70_000, "value"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_without_repeating_it(
    owner: APIClient, name: str, value: str, field: str
) -> None:
    answer = owner.post(SECRETS, {"name": name, "value": value}, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert value not in answer.content.decode()
    written(owner)
    again = owner.post(SECRETS, {"name": "db_password", "value": VALUE}, format="json")
    assert again.status_code == 409


@pytest.mark.usefixtures("python_nodes")
def test_a_pipeline_names_a_secret_that_its_team_has(owner: APIClient, people: People) -> None:
    answer = checked(owner, using(["db_password"]))
    (problem,) = answer.json()["problems"]
    assert (problem["code"], problem["field"]) == ("unknown_secret", "params.secrets")
    assert "administrator" in problem["message"]
    written(owner)
    pipeline = designs.create(people.team, using(["db_password"]), people.owner)
    run = runs.start(pipeline, version="draft", user=people.owner)
    secret = TeamSecret.objects.get()
    uses = owner.get(f"{SECRETS}{secret.pk}/uses/").json()["results"]
    assert [(each["pipeline"]["name"], each["node"], each["parameter"]) for each in uses] == [
        ("Asks", "ask", "secrets")
    ]
    assert owner.get(SECRETS).json()["results"][0]["used_by"] == 1

    node = run.node_runs.get(node="ask")
    prepared = Preparation(RunFacts.load(run.pk), node.plan).prepared()
    asked = request(prepared, RunFacts.load(run.pk), node.plan, key="k", attempt=1, gpus=None)
    assert [each.value for each in asked.secrets] == [VALUE]
    assert prepared.secrets_used() == {"db_password": 1}
    key = prepared.key_parts(node.plan)
    assert "db_password v1" in key.params["secrets"]
    vault.rotate(secret, VALUE[::-1], people.owner)
    rotated = Preparation(RunFacts.load(run.pk), node.plan).prepared()
    assert rotated.key_parts(node.plan).key() != key.key(), "another value is another input"
    secret.refresh_from_db()
    assert secret.last_used_at is not None

    refused = owner.delete(f"{SECRETS}{secret.pk}/")
    assert refused.status_code == 409
    assert "`Asks`" in refused.json()["detail"]
    assert owner.delete(f"{SECRETS}{secret.pk}/?force=true").status_code == 204
    gone = owner.post(f"/api/v1/pipelines/{pipeline.pk}/runs/", {}, format="json")
    assert gone.status_code == 422
    assert gone.json()["problems"][0]["code"] == "unknown_secret"


@pytest.mark.usefixtures("python_nodes")
def test_no_expression_and_no_single_run_chooses_a_secret(owner: APIClient, people: People) -> None:
    written(owner)
    written(owner, "other", VALUE[::-1])
    computed = checked(owner, using(["${{ params.which }}"]))
    assert "computed_secret" in {each["code"] for each in computed.json()["problems"]}
    pipeline = designs.create(people.team, using(["db_password"]), people.owner)
    run = runs.start(pipeline, version="draft", user=people.owner)
    definition = Definition.model_validate(run.version.definition)
    with pytest.raises(InvalidDefinition, match="cannot be another one for a single run"):
        runs.with_node_params(pipeline, definition, {"ask": {"secrets": ["other"]}})


@pytest.mark.usefixtures("python_nodes")
def test_a_token_without_the_scope_publishes_nothing_that_names_secrets(people: People) -> None:
    vault.write(people.team, "db_password", VALUE, people.owner)
    pipeline = designs.create(people.team, using(["db_password"]), people.owner)
    for scopes, status in (([Action.EDIT], 403), ([Action.EDIT, Action.USE_SECRETS], 201)):
        _, secret = tokens.create(people.owner, scopes=scopes)
        client = APIClient(HTTP_AUTHORIZATION=f"Token {secret}")
        answer = client.post(f"/api/v1/pipelines/{pipeline.pk}/versions/", {}, format="json")
        assert answer.status_code == status, answer.data


def test_keys_are_rotated_and_the_old_one_forgotten(owner: APIClient, home: Path) -> None:
    written(owner)
    before = encryption.keys()
    call_command("rotate_encryption_key")
    after = encryption.keys()
    assert len(after) == 1
    assert after != before
    secret = TeamSecret.objects.get()
    assert vault.opened(secret).value == VALUE
    (home / encryption.FILE).write_text(before[0])
    with pytest.raises(encryption.Undecipherable, match="does not have"):
        vault.opened(secret)
    with pytest.raises(CommandError, match="write the secret anew"):
        call_command("rotate_encryption_key")
    (home / encryption.FILE).write_text(f"{after[0]}\n{before[0]}\n")
    call_command("rotate_encryption_key")
    assert vault.opened(TeamSecret.objects.get()).value == VALUE


def test_keys_of_the_environment_are_used_and_checked(
    owner: APIClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    monkeypatch.setenv(encryption.VARIABLE, old)
    written(owner)
    assert not (home / encryption.FILE).exists()
    monkeypatch.setenv(encryption.VARIABLE, f"{new}, {old}")
    call_command("rotate_encryption_key")
    monkeypatch.setenv(encryption.VARIABLE, new)
    assert vault.opened(TeamSecret.objects.get()).value == VALUE
    monkeypatch.setenv(encryption.VARIABLE, "password1")
    with pytest.raises(encryption.BadKeys, match="Key 1 of PENSTOCK_ENCRYPTION_KEYS is none"):
        encryption.encrypt("x")
