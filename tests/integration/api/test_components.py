"""Components over HTTP: checked before they are published, published with what is new."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.catalog.models import ComponentVersion
from tests.people import People
from tests.support.sample import SOURCE, Sample, spec

pytestmark = pytest.mark.django_db


def asked(client: APIClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/components/check/", {"team": "acme", **body}, format="json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_what_publishing_would_do_is_told_and_nothing_is_written(
    sample: Sample, owner: APIClient
) -> None:
    same = asked(owner, spec=spec().model_dump(mode="json"))
    assert (same["problems"], same["current"], same["compatibility"]) == ([], 1, "same")
    assert same["consumers"] == {"pipelines": 1, "teams": 1}
    narrower = SOURCE.replace("rows: list | None = None", "rows: list")
    broken = asked(owner, kind="python", namespace="acme", source=narrower)
    assert (broken["full_name"], broken["compatibility"]) == ("acme/step", "breaking")
    told = [(each["where"], each["what"]) for each in broken["changes"] if each["breaking"]]
    assert told == [("inputs.rows", "now_required")]
    first = asked(owner, kind="python", namespace="acme", name="other", source=SOURCE)
    assert (first["current"], first["compatibility"], first["changes"]) == (None, "first", [])
    unread = asked(owner, spec={"namespace": "acme"})
    assert unread["compatibility"] is None
    assert {problem["code"] for problem in unread["problems"]} == {"malformed"}
    assert ComponentVersion.objects.count() == 1


def test_a_version_keeps_its_changelog_and_what_it_is_to_the_one_before(
    sample: Sample, people: People, owner: APIClient
) -> None:
    wider = SOURCE.replace("size: int = 1", "size: float = 1")
    body = {"kind": "python", "namespace": "acme", "source": wider, "changelog": " Takes halves. "}
    answer = owner.post("/api/v1/components/", {"team": "acme", **body}, format="json")
    assert answer.status_code == 201, answer.content
    page = owner.get("/api/v1/components/acme/step/").json()
    told = [(v["number"], v["changelog"], v["compatibility"]) for v in page["versions"]]
    assert told == [(2, "Takes halves.", "compatible"), (1, "", "first")]
