"""Rerun bundles over HTTP: what is in them, what arrives from them, what is refused."""

import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from pipelines.catalog import actions as catalog
from pipelines.catalog.models import Component, ComponentVersion, Namespace
from pipelines.designs import actions as designs
from pipelines.designs.models import Pipeline
from pipelines.kinds import registry
from pipelines.runs import actions
from pipelines.runs.models import EnvironmentLock, NodeRun, Run
from tests.support.sample import Sample, definition

pytestmark = pytest.mark.django_db
Files = dict[str, Any]


def download(client: APIClient, run: Run, **query: Any) -> bytes:
    response = client.get(f"/api/v1/runs/{run.pk}/bundle/", query)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/zip"
    content = b"".join(response.streaming_content)
    assert int(response["Content-Length"]) == len(content)
    return content


def unpacked(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name: archive.read(name)
            if name.startswith("artifacts/")
            else json.loads(archive.read(name))
            for name in archive.namelist()
        }


def packed(files: Files) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(name, value if isinstance(value, bytes | str) else json.dumps(value))
    return target.getvalue()


def upload(client: APIClient, content: bytes, **more: Any) -> Any:
    body = {"file": SimpleUploadedFile("run.zip", content), **more}
    return client.post("/api/v1/bundles/", body, format="multipart")


def forget_components() -> None:
    """As on a Penstock where nobody has published them."""
    Run.objects.all().delete()
    Pipeline.objects.all().delete()
    Component.objects.all().delete()
    Namespace.objects.all().delete()


@pytest.fixture
def with_file(people: Any, sample: Sample) -> Run:
    """A run that was given a file by a parameter."""
    component = registry.build(
        "python",
        {"source": "def read(*, path: str = '') -> int:\n    return 1\n", "namespace": "acme"},
    )
    schema = {"type": "object", "properties": {"path": {"type": "string", "format": "file"}}}
    catalog.publish(component.model_copy(update={"parameters": schema}), people.team, people.owner)
    node = {"id": "r", "component": "acme/read", "params": {"path": "${{ params.data }}"}}
    document = {
        "schema": 1,
        "name": "files",
        "nodes": [node],
        "parameters": [{"name": "data", "type": "string"}],
    }
    pipeline = designs.create(people.team, document, people.owner)
    designs.publish(pipeline, "", people.owner)
    given = {"data": f"artifact:{sample.artifact.digest}"}
    return actions.start(pipeline, parameters=given, user=people.owner)


def test_a_bundle_holds_everything_that_the_run_pins(owner: APIClient, sample: Sample) -> None:
    content = download(owner, sample.run)
    files = unpacked(content)
    assert set(files) == {
        "manifest.json",
        "definition.json",
        "results.json",
        "components/acme/step@1.json",
    }
    manifest = files["manifest.json"]
    assert manifest["schema"] == 1
    assert manifest["parameters"] == {"size": 3}
    assert manifest["made_of"]["number"] == 1
    assert list(manifest["components"]) == ["acme/step@1"]
    assert "def step" in files["components/acme/step@1.json"]["implementation"]["source"]
    assert files["definition.json"]["nodes"][0]["component"] == "acme/step@1"
    assert files["results.json"] == {"a": {"result": sample.artifact.digest}}
    assert download(owner, sample.run) == content


def test_files_that_the_run_was_given_are_in_it_when_small_or_asked_for(
    owner: APIClient, sample: Sample, with_file: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"artifacts/{sample.artifact.digest}"
    assert unpacked(download(owner, with_file))[name] == b"some text"
    without = unpacked(download(owner, with_file, artifacts="none"))
    assert name not in without
    assert without["manifest.json"]["inputs"][sample.artifact.digest] == {
        "type": "text",
        "name": "note.txt",
        "size": 9,
        "included": False,
    }
    monkeypatch.setattr("pipelines.runs.bundles.writing.SMALL_BYTES", 8)
    assert name not in unpacked(download(owner, with_file))
    assert name in unpacked(download(owner, with_file, artifacts="all"))
    store.local_path(sample.artifact.digest).unlink()
    url = f"/api/v1/runs/{with_file.pk}/bundle/"
    lost = owner.get(url, {"artifacts": "all"})
    assert (lost.status_code, "artifacts=none" in lost.json()["detail"]) == (409, True)


def test_a_bundle_runs_again_where_its_components_are_known(
    owner: APIClient, sample: Sample
) -> None:
    content = download(owner, sample.run)
    told = upload(owner, content, dry_run=True)
    assert told.status_code == 200
    use = {"ref": "acme/step@1", "here": "acme/step@1", "published": False}
    assert told.json() == {"pipeline": None, "run": None, "uses": [use]}
    assert (Pipeline.objects.count(), Run.objects.count()) == (1, 1)
    arrived = upload(owner, content)
    assert arrived.status_code == 201
    run = Run.objects.get(pk=arrived.json()["run"]["id"])
    assert (run.parameters, run.trigger, run.pipeline.name) == ({"size": 3}, "bundle", "sample")
    assert run.version.content_hash == sample.run.version.content_hash


def test_what_is_missing_is_published_for_the_team_that_imports(
    owner: APIClient, people: Any, sample: Sample, with_file: Run
) -> None:
    content = download(owner, with_file)
    forget_components()
    Artifact.objects.all().delete()
    store.local_path(sample.artifact.digest).unlink()
    arrived = upload(owner, content, team="acme")
    assert arrived.status_code == 201, arrived.content
    assert arrived.json()["uses"][0]["published"] is True
    version = ComponentVersion.objects.get()
    assert (str(version), version.component.team) == ("acme/read@1", people.team)
    artifact = Artifact.objects.get()
    assert (artifact.digest, artifact.name, artifact.team) == (
        sample.artifact.digest,
        "note.txt",
        people.team,
    )
    assert store.local_path(artifact.digest).read_bytes() == b"some text"


def test_another_number_of_the_same_component_is_used(
    owner: APIClient, people: Any, sample: Sample
) -> None:
    content = download(owner, sample.run)
    spec = registry.build("python", {"source": "def step() -> int: ...", "namespace": "acme"})
    original = ComponentVersion.objects.get()
    forget_components()
    catalog.publish(spec, people.team, people.owner)
    arrived = upload(owner, content).json()
    assert arrived["uses"] == [{"ref": "acme/step@1", "here": "acme/step@2", "published": True}]
    run = Run.objects.get(pk=arrived["run"]["id"])
    assert run.version.definition["nodes"][0]["component"] == "acme/step@2"
    assert ComponentVersion.objects.get(number=2).digest == original.digest


def test_clashes_are_explained_and_nothing_is_written(
    owner: APIClient, people: Any, as_user: Callable[..., APIClient], sample: Sample, with_file: Run
) -> None:
    content = download(owner, with_file, artifacts="none")
    stranger = as_user(people.stranger)
    refused = upload(stranger, content)
    assert refused.status_code == 422
    codes = {problem["code"] for problem in refused.json()["problems"]}
    assert codes == {"namespace_taken", "missing_file"}
    assert "belongs to another team here" in refused.content.decode()
    assert not Pipeline.objects.filter(team=people.elsewhere).exists()
    files = unpacked(content)
    spec = files.pop("components/acme/read@1.json")
    built_in = {**spec, "namespace": "core"}
    from pipelines.core.component import ComponentSpec
    from pipelines.core.serialize import spec_digest

    files["components/core/read@1.json"] = built_in
    digest = spec_digest(ComponentSpec.model_validate(built_in))
    files["manifest.json"]["components"] = {"core/read@1": digest}
    files["definition.json"]["nodes"][0]["component"] = "core/read@1"
    refused = upload(owner, packed(files))
    assert [problem["code"] for problem in refused.json()["problems"]] == ["other_release"]


def test_the_locks_of_environments_travel_with_the_run(
    owner: APIClient, people: Any, sample: Sample
) -> None:
    lock = {
        "key": "ab" * 32,
        "python": "3.11",
        "platform": "linux-x86_64",
        "requirements": ["tabulate"],
        "text": "# 3.11 linux-x86_64\ntabulate==0.9.0\n",
    }
    digest = store.digest_of(lock["text"].encode())
    EnvironmentLock.objects.create(team=people.team, digest=digest, **lock)
    NodeRun.objects.filter(node="a").update(environment=digest)
    content = download(owner, sample.run)
    files = unpacked(content)
    assert files["manifest.json"]["environments"] == {"a": digest}
    EnvironmentLock.objects.all().delete()
    arrived = upload(owner, content)
    assert arrived.status_code == 201, arrived.content
    stored = EnvironmentLock.objects.get()
    assert (stored.text, stored.team, stored.current) == (lock["text"], people.team, False)
    plans = NodeRun.objects.filter(run=arrived.json()["run"]["id"]).values_list("node", "plan")
    assert {node: plan["environment"] for node, plan in plans} == {"a": digest, "b": ""}
    files[f"environments/{digest}.json"]["text"] += "evil==1.0\n"
    refused = upload(owner, packed(files))
    assert "another one than the manifest says" in refused.json()["problems"][0]["message"]


def test_a_role_below_editor_imports_nothing(
    as_user: Callable[..., APIClient], people: Any, owner: APIClient, sample: Sample
) -> None:
    content = download(as_user(people.teammate), sample.run)
    for who in (people.teammate, people.operator):
        assert upload(as_user(who), content, team="acme").status_code == 403


def test_a_sub_pipeline_comes_along_and_is_used_where_it_is_the_same(
    owner: APIClient, people: Any, sample: Sample
) -> None:
    sample.pipeline.refresh_from_db()
    outer = {
        "schema": 1,
        "name": "outer",
        "nodes": [{"id": "inner", "pipeline": sample.pipeline.slug}],
    }
    pipeline = designs.create(people.team, outer, people.owner)
    designs.publish(pipeline, "", people.owner)
    content = download(owner, actions.start(pipeline, user=people.owner))
    assert "pipelines/sample@1.json" in unpacked(content)
    same = upload(owner, content).json()
    assert {"ref": "pipeline:sample@1", "here": "pipeline:sample@1", "published": False} in same[
        "uses"
    ]
    forget_components()
    told = upload(owner, content, dry_run=True).json()
    fresh = upload(owner, content).json()
    for uses in (told["uses"], fresh["uses"]):
        assert {use["ref"] for use in uses if use["published"]} == {
            "acme/step@1",
            "pipeline:sample@1",
        }
    assert set(Pipeline.objects.values_list("name", flat=True)) == {"sample", "outer"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda files: files.update({"../evil.json": {}}), "called `../evil.json`"),
        (lambda files: files.update({"/etc/passwd": "x"}), "called `/etc/passwd`"),
        (lambda files: files.update({"artifacts/../../x": b"x"}), "which no bundle has"),
        (lambda files: files.update({"components/a/b@1.json/": b""}), "which no bundle has"),
        (lambda files: files.pop("manifest.json"), "it lacks `manifest.json`"),
        (lambda files: files.pop("definition.json"), "it lacks `definition.json`"),
        (lambda files: files.pop("components/acme/step@1.json"), "it lacks `components/acme"),
        (lambda files: files["manifest.json"].update(schema=2), "has the schema 2"),
        (lambda files: files["manifest.json"].update(made_of=3), "not right at `made_of`"),
        (lambda files: files["manifest.json"].update(components={}), "it lacks `acme/step@1`"),
        (
            lambda files: files["components/acme/step@1.json"].update(title="Other"),
            "another one than the manifest says",
        ),
        (lambda files: files.update({"definition.json": {"name": 3}}), "`name`"),
        (lambda files: files.update({"definition.json": "[" * 100}), ""),
        (lambda files: files.update({"definition.json": " " * 2**21}), "unpacks to more than"),
    ],
)
def test_a_bundle_that_was_tampered_with_is_refused(
    owner: APIClient, sample: Sample, change: Callable[[Files], Any], said: str
) -> None:
    files = unpacked(download(owner, sample.run))
    change(files)
    for dry_run in (True, False):
        refused = upload(owner, packed(files), dry_run=dry_run)
        assert refused.status_code == 422, refused.content
        messages = " ".join(problem["message"] for problem in refused.json()["problems"])
        assert said in messages
    assert (Pipeline.objects.count(), Run.objects.count()) == (1, 1)


def test_a_file_with_other_bytes_than_its_name_says_is_refused(
    owner: APIClient, sample: Sample, with_file: Run
) -> None:
    files = unpacked(download(owner, with_file))
    Artifact.objects.all().delete()
    files[f"artifacts/{sample.artifact.digest}"] = b"other text"
    refused = upload(owner, packed(files))
    assert "other bytes than its name says" in refused.json()["problems"][0]["message"]
    assert not Artifact.objects.exists()


def test_bombs_links_and_doubles_are_refused(
    owner: APIClient, sample: Sample, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = unpacked(download(owner, sample.run))

    def said(content: bytes) -> str:
        refused = upload(owner, content)
        assert refused.status_code == 422, refused.content
        return str(refused.json()["problems"][0]["message"])

    assert "no rerun bundle" in said(b"this is no zip")
    bomb = {**files, "artifacts/" + "0" * 64: b"\0" * 2**20}
    usual, settings.PENSTOCK_MAX_UPLOAD_BYTES = settings.PENSTOCK_MAX_UPLOAD_BYTES, 2**20
    assert "unpacks to" in said(packed(bomb))
    settings.PENSTOCK_MAX_UPLOAD_BYTES = usual
    target = io.BytesIO(packed(files))
    with zipfile.ZipFile(target, "a") as archive:
        link = zipfile.ZipInfo("artifacts/" + "1" * 64)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "is a link" in said(target.getvalue())
    target = io.BytesIO(packed(files))
    with (
        zipfile.ZipFile(target, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("definition.json", "{}")
    assert "holds `definition.json` twice" in said(target.getvalue())
    monkeypatch.setattr("pipelines.runs.bundles.reading.MAX_ENTRIES", 2)
    assert "at most 2 are allowed" in said(packed(files))


def test_a_definition_that_does_not_hold_here_makes_no_pipeline(
    owner: APIClient, sample: Sample
) -> None:
    files = unpacked(download(owner, sample.run))
    files["definition.json"] = {**definition(), "edges": [{"from": "a.result", "to": "q.rows"}]}
    files["definition.json"]["nodes"] = [
        {**node, "component": "acme/step@1"} for node in files["definition.json"]["nodes"]
    ]
    refused = upload(owner, packed(files))
    assert refused.status_code == 422
    assert "unknown_node" in refused.content.decode()
    assert Pipeline.objects.count() == 1


def test_a_bundle_is_a_small_folder_of_plain_files(
    owner: APIClient, sample: Sample, tmp_path: Path
) -> None:
    path = tmp_path / "run.zip"
    path.write_bytes(download(owner, sample.run))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").is_file()
