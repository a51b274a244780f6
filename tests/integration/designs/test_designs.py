"""Drafts that move, versions that never do, and who may touch them."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from pipelines.catalog import actions as catalog
from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.core.serialize import spec_digest
from pipelines.designs import access, actions, queries
from pipelines.designs.models import Pipeline, PipelineVersion
from pipelines.kinds import registry
from pipelines.teams.access import Action
from pipelines.teams.actions import create_team, set_role
from pipelines.teams.models import Team, User
from pipelines.teams.roles import Role

pytestmark = pytest.mark.django_db

SOURCE = '''
def step(rows: list | None = None, *, size: int = 1) -> list:
    """Pass the rows on."""
    return rows
'''


CODE = {"type": "object", "properties": {"code": {"type": "string"}}}


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("owner")


@pytest.fixture
def team(owner: User) -> Team:
    return create_team("Acme", "acme", owner)


@pytest.fixture(autouse=True)
def step(team: Team, owner: User) -> Any:
    """`acme/step` in its first version; called, it publishes the next one."""

    def publish(docs: str = "") -> Any:
        built = registry.build("python", {"source": SOURCE, "namespace": "acme"})
        return catalog.publish(built.model_copy(update={"docs": docs}), team, owner)

    publish()
    return publish


def draft(**changes: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "name": "sample",
        "nodes": [
            {"id": "a", "component": "acme/step"},
            {"id": "b", "component": "acme/step", "params": {"size": 2}},
        ],
        "edges": [{"from": "a.result", "to": "b.rows"}],
        "layout": {"a": [0, 0]},
        **changes,
    }


@pytest.fixture
def pipeline(team: Team, owner: User) -> Pipeline:
    return actions.create(team, draft(), owner)


def test_a_draft_is_saved_even_when_it_is_wrong(pipeline: Pipeline, owner: User) -> None:
    broken = {"name": "  Half  done  ", "nodes": [{"id": "?"}], "anything": 1}
    saved = actions.save_draft(pipeline, broken, 1, owner)
    stored = Pipeline.objects.get()
    assert (saved.draft_revision, stored.draft_revision) == (2, 2)
    assert (stored.draft, stored.name) == (broken, "Half  done")
    assert [problem.code for problem in queries.problems(stored)] == ["malformed"] * 3
    assert actions.create(pipeline.team, {}, owner).name == "Untitled pipeline"


def test_whoever_saves_second_is_told_and_nothing_is_lost(pipeline: Pipeline, owner: User) -> None:
    mate = User.objects.create_user("mate")
    theirs, ours = Pipeline.objects.get(), Pipeline.objects.get()
    actions.save_draft(theirs, draft(name="theirs"), 1, mate)
    with pytest.raises(actions.StaleDraft, match="mate saved this pipeline as revision 2") as stale:
        actions.save_draft(ours, draft(name="ours"), 1, owner)
    assert (stale.value.revision, stale.value.updated_by) == (2, mate)
    assert Pipeline.objects.get().name == "theirs"
    assert actions.save_draft(ours, draft(name="ours"), 2, owner).draft_revision == 3


def test_saving_again_after_a_lost_answer_counts_as_saved(pipeline: Pipeline, owner: User) -> None:
    tab = Pipeline.objects.get()
    for _ in range(2):
        assert actions.save_draft(tab, draft(name="new"), 1, owner).draft_revision == 2


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ([], "malformed"),
        ({"name": "a\0b"}, "malformed"),
        ({"x": float("inf")}, "malformed"),
        ({"description": "x" * 2**20}, "too_large"),
    ],
)
def test_what_cannot_be_stored_is_refused(
    pipeline: Pipeline, team: Team, owner: User, definition: Any, code: str
) -> None:
    for attempt in (
        lambda: actions.create(team, definition, owner),
        lambda: actions.save_draft(pipeline, definition, 1, owner),
    ):
        with pytest.raises(InvalidDefinition) as refused:
            attempt()
        assert [problem.code for problem in refused.value.problems] == [code]
    assert Pipeline.objects.get().draft == draft()


def test_publishing_pins_components_and_their_digests(
    pipeline: Pipeline, owner: User, step: Any
) -> None:
    step("changed")
    version = actions.publish(pipeline, "  First  ", owner)
    stored = PipelineVersion.objects.get()
    assert (stored.number, stored.message, stored.created_by) == (1, "First", owner)
    assert [node["component"] for node in stored.definition["nodes"]] == ["acme/step@2"] * 2
    spec = registry.build("python", {"source": SOURCE, "namespace": "acme"})
    assert stored.component_digests == {
        "acme/step@2": spec_digest(spec.model_copy(update={"docs": "changed"}))
    }
    assert (version.pk, pipeline.latest_version) == (stored.pk, 1)
    assert Pipeline.objects.get().draft == draft()


def test_a_version_is_made_only_when_the_meaning_changed(
    pipeline: Pipeline, owner: User, step: Any
) -> None:
    first = actions.publish(pipeline, "", owner)
    assert not queries.changed(pipeline)
    actions.save_draft(pipeline, draft(layout={"a": [9, 9]}, description=""), 1, owner)
    assert not queries.changed(pipeline)
    assert actions.publish(pipeline, "moved", owner) == first
    step("changed")
    assert queries.changed(pipeline)
    assert actions.publish(pipeline, "newer component", owner).number == 2
    actions.save_draft(pipeline, draft(name="renamed"), 2, owner)
    assert queries.changed(pipeline)
    assert actions.publish(pipeline, "", owner).number == 3
    actions.save_draft(pipeline, {"nodes": 1}, 3, owner)
    assert queries.changed(pipeline)
    assert [version.number for version in queries.versions(pipeline)] == [3, 2, 1]
    newest = queries.newest_version(pipeline)
    assert newest is not None
    assert newest.number == 3


def test_a_draft_with_problems_is_never_published(pipeline: Pipeline, owner: User) -> None:
    wrong = draft(
        edges=[{"from": "a.result", "to": "b.rows"}, {"from": "b.result", "to": "a.rows"}]
    )
    wrong["nodes"][1]["params"] = {"size": "big"}
    actions.save_draft(pipeline, wrong, 1, owner)
    with pytest.raises(InvalidDefinition) as refused:
        actions.publish(pipeline, "", owner)
    assert [problem.code for problem in refused.value.problems] == ["invalid_parameter", "cycle"]
    assert not PipelineVersion.objects.exists()


def test_a_source_that_cannot_run_is_told_in_the_draft_and_never_published(
    team: Team, owner: User
) -> None:
    fields = {"namespace": "acme", "name": "code", "parameters": CODE}
    spec = ComponentSpec(**fields, kind="python", implementation={"source_parameter": "code"})
    catalog.publish(spec, team, owner)
    code = "def one():\n    pass\n\ndef two():\n    pass\n"
    node = {"id": "x", "title": "My code", "component": "acme/code", "params": {"code": code}}
    made = actions.create(team, draft(nodes=[node], edges=[]), owner)
    (problem,) = queries.problems(made)
    assert (problem.node, problem.field) == ("x", "params.code")
    assert problem.message == (
        "`My code`: the source has several functions (`one`, `two`); call the one that counts "
        "`run`, or mark it alone with @component."
    )
    with pytest.raises(InvalidDefinition):
        actions.publish(made, "", owner)


def test_a_draft_saved_during_the_checks_is_the_one_that_is_published(
    pipeline: Pipeline, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = actions.ready
    revisions = []

    def meanwhile(current: Pipeline) -> Any:
        ready = checked(current)
        revisions.append(current.draft_revision)
        if len(revisions) == 1:
            actions.save_draft(Pipeline.objects.get(), draft(name="late"), 1, owner)
        return ready

    monkeypatch.setattr(actions, "ready", meanwhile)
    assert actions.publish(pipeline, "", owner).definition["name"] == "late"
    assert revisions == [1, 2]


def test_a_document_sees_only_its_teams_components(team: Team) -> None:
    others = create_team("Others", "others", User.objects.create_user("stranger"))
    assert queries.problems(draft(), team) == []
    for without in (others, None):
        codes = [problem.code for problem in queries.problems(draft(), without)]
        assert codes == ["unknown_component"] * 2


def test_only_the_team_reaches_a_pipeline_and_each_role_its_part(
    pipeline: Pipeline, team: Team, owner: User
) -> None:
    actions.publish(pipeline, "", owner)
    stranger = User.objects.create_superuser("stranger")
    create_team("Others", "others", stranger)
    for action in Action:
        with pytest.raises(Http404):
            access.pipeline(stranger, pipeline.pk, action)
    with pytest.raises(Http404):
        access.version(stranger, pipeline.pk, 1)
    with pytest.raises(Http404):
        access.pipeline(owner, "not-an-id", Action.VIEW)
    operator = User.objects.create_user("operator")
    set_role(team, operator, Role.OPERATOR)
    assert access.pipeline(operator, pipeline.pk, Action.RUN) == pipeline
    assert access.version(operator, pipeline.pk, 1).number == 1
    with pytest.raises(PermissionDenied):
        access.pipeline(operator, pipeline.pk, Action.EDIT)
    with pytest.raises(Http404):
        access.version(owner, pipeline.pk, 2)


def test_an_archived_pipeline_is_gone_from_lists_and_doors(pipeline: Pipeline, owner: User) -> None:
    assert list(queries.visible(owner)) == [pipeline]
    actions.archive(pipeline, None)
    assert not queries.visible(owner).exists()
    with pytest.raises(Http404):
        access.pipeline(owner, pipeline.pk, Action.VIEW)
