"""Components that are being written: kept on the server, published as the next version."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from pipelines.catalog.models import ComponentDraft
from pipelines.teams.models import AuditEntry
from tests.support.sample import SOURCE, Sample

pytestmark = pytest.mark.django_db

DRAFTS = "/api/v1/component-drafts/"


def test_every_kind_begins_with_something_that_can_be_published(owner: APIClient) -> None:
    kinds = owner.get("/api/v1/components/kinds/").json()
    assert [kind["name"] for kind in kinds] == ["python", "shell", "sql", "http", "container"]
    for kind in kinds:
        fields = {"namespace": "acme", **kind["start"]}
        body = {"team": "acme", "content": {"kind": kind["name"], "fields": fields}}
        draft = owner.post(DRAFTS, body, format="json")
        assert draft.status_code == 201, draft.content
        published = owner.post(f"{DRAFTS}{draft.json()['id']}/publish/", {}, format="json")
        assert published.status_code == 200, published.content
        assert published.json()["number"] == 1
        spec = published.json()["spec"]
        # Opened again it says the same, so that nothing is published by opening alone.
        again = owner.post(DRAFTS, {"component": published.json()["full_name"]}, format="json")
        check: dict[str, Any] = {"kind": kind["name"], **again.json()["content"]["fields"]}
        outlook = owner.post("/api/v1/components/check/", {"team": "acme", **check}, format="json")
        assert (outlook.json()["compatibility"], outlook.json()["spec"]) == ("same", spec)


def test_a_draft_is_saved_over_the_revision_that_was_seen_and_published_as_the_next_version(
    sample: Sample, owner: APIClient, as_user: Any, people: Any
) -> None:
    draft = owner.post(DRAFTS, {"component": "acme/step"}, format="json").json()
    assert draft["id"] == str(sample.component_draft.pk), "a team has one draft of a component"
    page = f"{DRAFTS}{draft['id']}/"
    wider = SOURCE.replace("size: int = 1", "size: float = 1")
    content = {"kind": "python", "fields": {"namespace": "acme", "source": wider}}
    asked = {"content": content}
    saved = owner.patch(page, asked, format="json", HTTP_IF_MATCH='"1"')
    assert (saved.status_code, saved.json()["revision"]) == (200, 2)
    assert owner.patch(page, asked, format="json", HTTP_IF_MATCH='"1"').status_code == 200
    other = {"content": {**content, "changelog": "mine"}}
    editor: APIClient = as_user(people.editor)
    stale = editor.patch(page, other, format="json", HTTP_IF_MATCH='"1"')
    assert (stale.status_code, stale.json()["current"]["revision"]) == (412, 2)
    assert editor.patch(page, other, format="json").status_code == 428
    unread = {"content": {"kind": "python", "fields": {"source": "def f("}}}
    assert owner.patch(page, unread, format="json", HTTP_IF_MATCH='"2"').status_code == 200
    refused = owner.post(f"{page}publish/", {}, format="json")
    assert refused.json()["problems"][0]["code"] == "syntax_error"
    assert owner.patch(page, asked, format="json", HTTP_IF_MATCH='"3"').status_code == 200
    version = owner.post(f"{page}publish/", {"changelog": "Halves."}, format="json").json()
    assert (version["number"], version["compatibility"]) == (2, "compatible")
    assert not ComponentDraft.objects.exists()
    told = AuditEntry.objects.filter(action__startswith="component").order_by("pk")
    assert list(told.values_list("action", flat=True))[-1] == "component.publish"


def test_what_no_draft_may_be_is_refused(owner: APIClient) -> None:
    for content in ({"kind": "branch", "fields": {}}, {"kind": "python"}, {"a": 1}):
        answer = owner.post(DRAFTS, {"content": content}, format="json")
        assert (answer.status_code, "problems" in answer.json()) == (422, True), content
    nothing = owner.post(DRAFTS, {}, format="json")
    assert nothing.status_code == 400


def test_a_version_leaves_as_a_file_and_comes_back_as_a_draft(
    sample: Sample, owner: APIClient, as_user: Any, people: Any, tmp_path: Path
) -> None:
    file = owner.get("/api/v1/components/acme/step/versions/1/file/")
    assert "acme.step.component.yaml" in file["Content-Disposition"]
    text = b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]
    stranger: APIClient = as_user(people.stranger)
    body = {"team": "elsewhere", "file": text}
    made = stranger.post(f"{DRAFTS}import/", body, format="json")
    assert made.status_code == 201, made.content
    assert "it is `elsewhere` now" in made.json()["notes"][0]
    page = f"{DRAFTS}{made.json()['draft']}/"
    published = stranger.post(f"{page}publish/", {}, format="json").json()
    assert published["full_name"] == "elsewhere/step"
    mine = owner.get("/api/v1/components/acme/step/versions/1/").json()
    assert {**published["spec"], "namespace": "acme"} == mine["spec"]
    kfp = owner.get("/api/v1/components/acme/step/versions/1/file/", {"as": "kfp"})
    assert b"implementation:" in b"".join(kfp.streaming_content)  # type: ignore[attr-defined]
    refused = owner.post(f"{DRAFTS}import/", {"file": "a: 1"}, format="json")
    assert refused.json()["problems"][0]["code"] == "unreadable_file"

    path = tmp_path / "step.component.yaml"
    out = io.StringIO()
    call_command("export_component", "acme/step@1", stdout=out)
    path.write_text(out.getvalue())
    assert out.getvalue() == text
    call_command("import_component", str(path), team="acme", namespace="acme-copy", stdout=out)
    assert "published acme-copy/step@1" in out.getvalue()
    path.write_text("a: 1")
    with pytest.raises(CommandError, match="no component"):
        call_command("import_component", str(path), team="acme")
