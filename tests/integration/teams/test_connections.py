"""Connections of teams: made and tested by administrators, given to the steps that name them."""

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from rest_framework.test import APIClient

from pipelines.catalog import actions as catalog
from pipelines.core.problems import InvalidDefinition
from pipelines.designs import actions as designs
from pipelines.executors.process.workspace import Workspace
from pipelines.library import specs
from pipelines.runs import actions as runs
from pipelines.runs.prepare import Preparation, RunFacts, request
from pipelines.teams import connections, encryption, vault
from pipelines.teams.models import AuditEntry, Connection
from tests.people import People
from tests.support import postgres
from tests.support.steps import run_step
from tests.support.web import Web

pytestmark = pytest.mark.django_db

HERE = "/api/v1/teams/acme/connections/"
TOKEN = "a-token-of-the-service"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(encryption.VARIABLE, raising=False)
    settings.HOME = tmp_path
    settings.PENSTOCK_ALLOWED_HOSTS_OUT = ("127.0.0.1",)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server


@pytest.fixture
def library(db: None) -> None:
    for spec in specs.read_all():
        if spec.full_name in ("core/http_request", "core/sql_query"):
            catalog.publish(spec, None, None)


def service(web: Web, **more: Any) -> dict[str, Any]:
    return {"url": web.url("/v1"), "auth": "bearer", "secret": TOKEN, **more}


def made(owner: APIClient, web: Web) -> dict[str, Any]:
    body = {"name": "service", "type": "http", "settings": service(web)}
    answer = owner.post(HERE, body, format="json")
    assert answer.status_code == 201, answer.data
    return dict(answer.json())


def asking(name: str = "service", component: str = "core/http_request") -> dict[str, Any]:
    params = {"connection": name, "url": "items"} if "http" in component else {"query": "SELECT 1"}
    node = {"id": "ask", "component": component, "params": {**params, "connection": name}}
    return {"schema": 1, "name": "Asks", "nodes": [node], "edges": []}


def test_secrets_go_in_and_never_come_out(owner: APIClient, web: Web) -> None:
    row = made(owner, web)
    assert row["settings"] == {"url": web.url("/v1"), "auth": "bearer"}
    assert row["secrets_set"] == ["secret"]
    address = f"{HERE}{row['id']}/"
    kept = owner.patch(address, {"settings": {**row["settings"], "user": "ada"}}, format="json")
    assert (kept.json()["version"], kept.json()["secrets_set"]) == (2, ["secret"])
    assert connections.opened(Connection.objects.get()).secrets == {"secret": TOKEN}
    told = b"".join(
        answer.content for answer in (kept, owner.get(HERE), owner.get("/api/v1/audit/"))
    )
    assert TOKEN.encode() not in told
    with database.cursor() as cursor:
        cursor.execute("SELECT ciphertext FROM teams_connection")
        assert TOKEN.encode() not in bytes(cursor.fetchone()[0])
    before = encryption.keys()
    encryption.add_key()
    assert vault.renew() == 1
    encryption.drop_old_keys()
    assert encryption.keys() != before
    assert connections.opened(Connection.objects.get()).secrets == {"secret": TOKEN}
    assert owner.delete(address).status_code == 204
    actions = AuditEntry.objects.filter(object_type="connection").order_by("id")
    assert [entry.action for entry in actions] == [
        "connection.create", "connection.change", "connection.delete",
    ]  # fmt: skip


def test_a_stored_secret_is_not_sent_to_another_place(owner: APIClient, web: Web) -> None:
    row = made(owner, web)
    elsewhere = {"url": "https://evil.example/", "auth": "bearer"}
    moved = owner.patch(f"{HERE}{row['id']}/", {"settings": elsewhere}, format="json")
    tried = {"type": "http", "settings": elsewhere, "connection": row["id"]}
    for answer in (moved, owner.post(f"{HERE}test/", tried, format="json")):
        assert answer.status_code == 400
        assert "anew" in answer.json()["errors"]["secret"][0]
    assert not web.received


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Up"}, "name"),
        ({"type": "fax"}, "type"),
        ({"settings": {}}, "url"),
        ({"settings": {"url": "ftp://x"}}, "url"),
        ({"settings": {"url": "https://x", "secret": "tiny"}}, "secret"),
        ({"settings": {"url": "https://x", "color": "red"}}, "fields"),
    ],
)
def test_what_cannot_be_a_connection_is_refused(
    owner: APIClient, body: dict[str, Any], field: str
) -> None:
    whole = {"name": "service", "type": "http", "settings": {"url": "https://x"}, **body}
    answer = owner.post(HERE, whole, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_testing_says_in_words_how_it_went(owner: APIClient, web: Web, settings: Any) -> None:
    tried = {"type": "http", "settings": service(web)}
    answer = owner.post(f"{HERE}test/", tried, format="json").json()
    assert answer["ok"], answer
    assert f"{web.url('/v1')} answers 200" in answer["message"]
    assert web.received[-1].headers["authorization"] == f"Bearer {TOKEN}"
    assert not Connection.objects.exists()

    row = made(owner, web)
    web.answers["/v1"] = (401, "text/plain", b"who are you?")
    failed = owner.post(f"{HERE}{row['id']}/test/").json()
    assert failed["test_ok"] is False
    assert "refuses how you sign in" in failed["test_message"]

    settings.PENSTOCK_ALLOWED_HOSTS_OUT = ()
    asked = len(web.received)
    refused = owner.post(f"{HERE}{row['id']}/test/").json()
    assert "allow list" in refused["test_message"]
    assert len(web.received) == asked


@pytest.mark.usefixtures("library")
def test_a_step_is_given_what_its_node_names(
    owner: APIClient, people: People, web: Web, tmp_path: Path
) -> None:
    def problems(definition: dict[str, Any]) -> list[str]:
        body = {"definition": definition, "team": "acme"}
        return [
            each["code"]
            for each in owner.post("/api/v1/validate/", body, format="json").json()["problems"]
        ]

    assert problems(asking()) == ["unknown_connection"]
    row = made(owner, web)
    assert problems(asking()) == []
    assert problems(asking(component="core/sql_query")) == ["wrong_connection"]
    assert "computed_connection" in problems(asking("${{ params.which }}"))

    pipeline = designs.create(people.team, asking(), people.owner)
    run = runs.start(pipeline, version="draft", user=people.owner)
    facts, node = RunFacts.load(run.pk), run.node_runs.get(node="ask")
    prepared = Preparation(facts, node.plan).prepared()
    assert prepared.params["connection"] == "service", "rows hold the name alone"
    assert prepared.key_parts(node.plan).params["connection"] == '"service v1"'
    asked = request(prepared, facts, node.plan, key="k", attempt=1, gpus=None)
    assert [each.value for each in asked.secrets] == [TOKEN], "it is masked"
    workspace = Workspace(tmp_path / "steps")
    given, _ = workspace.new_step().place_inputs(asked)
    workspace.close()

    web.redirects["/v1/away"] = web.url("/v1/home").replace("127.0.0.1", "localhost")
    reach = ("127.0.0.1", "localhost")
    for path, fine in (("items", True), ("away", True), ("http://localhost:1/x", False)):
        done = run_step(
            asked.spec, tmp_path, params={**given["params"], "url": path}, reach=reach,
            connections=given["connections"],
        )  # fmt: skip
        assert (done.code == 0) is fine, done.error
    first, redirected, followed = web.received[-3:]
    assert (first.path, first.headers["authorization"]) == ("/v1/items", f"Bearer {TOKEN}")
    assert redirected.headers["authorization"] == f"Bearer {TOKEN}"
    assert followed.path == "/v1/home"
    assert "authorization" not in followed.headers

    owner.delete(f"{HERE}{row['id']}/")
    with pytest.raises(InvalidDefinition, match="does not have any more"):
        runs.start(pipeline, user=people.owner)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A PostgreSQL of its own that listens on a port, as those of teams do."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    postgres.start(directory)
    postgres.listen(directory, port)
    yield {"host": "localhost", "port": port, "database": "postgres", "user": "postgres"}
    postgres.stop(directory)


@pytest.mark.usefixtures("library")
def test_a_database_is_tested_and_queried(
    owner: APIClient, server: dict[str, Any], tmp_path: Path, settings: Any
) -> None:
    settings.PENSTOCK_ALLOWED_HOSTS_OUT = ("localhost",)
    tried = {"type": "postgresql", "settings": server}
    works = owner.post(f"{HERE}test/", tried, format="json").json()
    assert works["ok"], works
    assert "Signed in to PostgreSQL" in works["message"]
    for change, says in (({"database": "nowhere"}, "does not exist"), ({"port": 9}, "the port")):
        tried["settings"] = {**server, **change}
        fails = owner.post(f"{HERE}test/", tried, format="json").json()
        assert not fails["ok"]
        assert says in fails["message"]

    (spec,) = [each for each in specs.read_all() if each.full_name == "core/sql_query"]
    params = {"connection": "warehouse", "query": "SELECT 6 * 7 AS n"}
    given = {"warehouse": {"type": "postgresql", "fields": server}}
    done = run_step(spec, tmp_path, params=params, reach=["localhost"], connections=given)
    assert done.code == 0, done.error
    assert done.outputs["table"]["facts"]["rows"] == 1
    kept = run_step(spec, tmp_path, params=params, reach=[], connections=given)
    assert "allow list" in kept.error["message"]
