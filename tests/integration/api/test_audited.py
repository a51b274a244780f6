"""Every address that changes something tells it in the audit log, in the transaction of the change.

A route that is not in BODIES or SILENT fails: whoever adds one says what a good request to it is.
"""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from rest_framework.test import APIClient

from pipelines.runs.models import Run
from pipelines.teams.models import AuditEntry
from pipelines.teams.roles import Role
from tests.integration.api import test_table as table
from tests.integration.api.test_table import API, PIPELINE, RUN, TEAM, World
from tests.people import PASSWORD, People
from tests.support.sample import Sample, definition

pytestmark = pytest.mark.django_db

CHANGING = sorted(key for key in table.GUARDS if key[0] != "get")
EVERYTHING = dict(table.ROUTES)
DRAFT = f"{API}component-drafts/<uuid:id>/"

#: What only looks, or what only the engine answers: method and route, with the reason.
SILENT = {
    ("post", f"{API}components/check/"): "checks",
    ("post", f"{API}validate/"): "checks",
    ("post", f"{PIPELINE}run-check/"): "checks",
    ("post", f"{RUN}nodes/<node:node>/decision/"): "needs a node that waits: test_approvals",
    ("post", f"{API}bundles/"): "needs a bundle: it starts a run, which is told",
    ("post", f"{DRAFT}publish/"): "publishes as `components/` does",
    ("post", f"{TEAM}connections/test/"): "tests what is not kept yet",
    ("post", f"{DRAFT}tries/"): "runs a step on samples, and keeps nothing",
}
CHAT = {"webhook": "http://127.0.0.1:9/other"}
#: A request that changes something. Without an entry the body is empty.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", f"{API}me/password/"): {"current": PASSWORD, "new": "another horse, another staple"},
    ("post", f"{API}token/"): {"username": "owner", "password": PASSWORD},
    ("post", f"{API}tokens/"): {"name": "ci"},
    ("post", f"{API}components/"): {
        "kind": "python",
        "source": "def fresh() -> int:\n    return 1\n",
        "namespace": "acme",
    },
    ("put", f"{API}components/<name:namespace>/<name:name>/sharing/"): {"visibility": "public"},
    ("post", f"{API}component-drafts/"): {
        "content": {
            "kind": "python",
            "fields": {"namespace": "acme", "source": "def f() -> int:\n    return 1\n"},
        }
    },
    ("post", f"{API}component-drafts/import/"): {
        "file": "implementation: {container: {image: alpine}}"
    },
    ("patch", DRAFT): {
        "content": {"kind": "python", "fields": {"namespace": "acme", "source": "x = 1"}}
    },
    ("post", f"{API}pipelines/"): {"definition": definition()},
    ("patch", f"{PIPELINE}draft/"): {"definition": definition(name="renamed")},
    ("post", f"{PIPELINE}versions/"): {"message": "again"},
    ("post", f"{PIPELINE}runs/"): {"parameters": {}},
    ("post", f"{PIPELINE}run-to/"): {"nodes": ["b"]},
    ("put", f"{RUN}pin/"): {"reason": "for the paper"},
    ("post", f"{RUN}rerun/"): {"mode": "from", "nodes": ["a"]},
    ("post", f"{API}limits/"): {"scope": "pool", "name": "new", "slots": 2},
    ("patch", f"{API}limits/<number:id>/"): {"slots": 7},
    ("post", f"{API}teams/"): {"name": "New"},
    ("patch", TEAM): {"name": "Renamed"},
    ("patch", f"{TEAM}members/<number:id>/"): {"role": "editor"},
    ("post", f"{TEAM}members/<number:id>/tokens/"): {"name": "more"},
    ("post", f"{TEAM}invitations/"): {"role": "viewer"},
    ("post", f"{TEAM}services/"): {"name": "robot", "role": "viewer"},
    ("patch", f"{TEAM}keeping/"): {"runs_days": 5},
    ("patch", f"{TEAM}quotas/"): {"open_runs": 5},
    ("post", f"{TEAM}secrets/"): {"name": "fresh", "value": "a-value-of-length"},
    ("patch", f"{TEAM}secrets/<number:id>/"): {"value": "another-long-value"},
    ("post", f"{TEAM}connections/"): {"name": "work", "type": "slack", "settings": CHAT},
    ("patch", f"{TEAM}connections/<number:id>/"): {"settings": CHAT},
    ("post", f"{TEAM}allowed-hosts/"): {"entry": "new.internal"},
}


@pytest.fixture
def world(sample: Sample, people: People) -> World:
    people.owner.is_staff = True
    people.owner.save()
    return World(sample, people)


def told(client: APIClient, method: str, route: str, world: World) -> tuple[Any, list[AuditEntry]]:
    """The answer and the entries that were written with it; then all of it is undone."""
    pipeline, run = world.sample.pipeline, world.sample.run
    newest = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    with transaction.atomic():
        if route.endswith(("resume/", "rerun/")):
            Run.objects.filter(pk=run.pk).update(
                state="failed", open_nodes=0, ended_at=run.created_at
            )
        if method == "delete" and route.endswith("pin/"):
            Run.objects.filter(pk=run.pk).update(pinned_at=run.created_at)
        if route == f"{PIPELINE}versions/":
            pipeline.draft = definition(name="changed")
            pipeline.save()
        body: Any = dict(BODIES.get((method, route), {}))
        if route in (
            f"{API}components/",
            f"{API}component-drafts/",
            f"{API}component-drafts/import/",
            f"{API}pipelines/",
        ):
            body["team"] = "acme"
        form = "json"
        if route == f"{API}artifacts/":
            body, form = {"team": "acme", "file": SimpleUploadedFile("a.txt", b"x")}, "multipart"
        url = world.url(route, EVERYTHING[route])
        answer = getattr(client, method)(url, body, format=form, HTTP_IF_MATCH='"1"')
        entries = list(AuditEntry.objects.filter(id__gt=newest))
        transaction.set_rollback(True)
    assert not AuditEntry.objects.filter(id__gt=newest).exists(), "part of the transaction"
    return answer, entries


def test_every_change_is_told(world: World, people: People, as_user: Any) -> None:
    for method, route in CHANGING:
        if (method, route) not in SILENT:
            check(method, route, world, people, as_user)


def check(method: str, route: str, world: World, people: People, as_user: Any) -> None:
    answer, entries = told(as_user(people.owner), method, route, world)
    assert answer.status_code < 300, (method, route, answer.status_code, answer.content[:500])
    assert [each.outcome for each in entries].count("done") >= 1, (method, route)
    assert all(each.request_id for each in entries)
    needs = table.GUARDS[method, route]
    if needs == "staff" or needs in table.ROLES[Role.ADMIN] - table.ROLES[Role.VIEWER]:
        refused, entries = told(as_user(people.teammate), method, route, world)
        assert refused.status_code == 403
        assert [each.outcome for each in entries] == ["denied"], (method, route)
