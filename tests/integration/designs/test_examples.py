"""The examples come once, without a problem, and are the team's own from then on."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from pipelines.catalog.actions import install_library
from pipelines.core.document import Definition
from pipelines.core.plan import plan
from pipelines.designs import actions, examples, queries
from pipelines.designs.catalog import specs_for
from pipelines.designs.models import Pipeline, PipelineVersion
from pipelines.teams.actions import create_team, ensure_first_admin
from pipelines.teams.models import Team, User

pytestmark = pytest.mark.django_db

FILES = {file.stem for file in examples.FOLDER.glob("*.yaml")}


@pytest.fixture
def user() -> User:
    install_library()
    return ensure_first_admin()


@pytest.fixture
def team(user: User) -> Team:
    return user.teams.get()


def test_all_are_published_without_a_problem(team: Team, tmp_path: Path) -> None:
    installed = examples.install(team, tmp_path)
    assert {Pipeline.objects.get(pk=each.pk).example for each in installed} == FILES
    for pipeline in installed:
        assert queries.problems(pipeline) == []
        assert not queries.changed(pipeline)
        version = queries.newest_version(pipeline)
        assert version is not None
        assert version.number == 1
        definition = Definition.model_validate(version.definition)
        specs = specs_for(team, version.component_digests)
        assert len(plan(definition, specs)) == len(definition.nodes)
        assert set(definition.layout) == {node.id for node in definition.nodes}


def test_the_simplest_stands_on_top_and_the_parts_last(team: Team, tmp_path: Path) -> None:
    installed = examples.install(team, tmp_path)
    listed = Pipeline.objects.filter(team=team).order_by("-draft_updated_at")
    assert [pipeline.pk for pipeline in listed] == [each.pk for each in reversed(installed)]
    places = [examples.place(pipeline) for pipeline in listed]
    assert [place.part for place in places if place] == [False] * len(examples.IN_ORDER) + [
        True
    ] * len(examples.PARTS)
    used = {
        ref.removeprefix("pipeline:example-").partition("@")[0]
        for version in PipelineVersion.objects.filter(pipeline__team=team)
        for ref in version.component_digests
        if ref.startswith("pipeline:")
    }
    assert used == set(examples.PARTS)


def test_the_database_of_the_daily_example_lies_below_the_data_directory(
    team: Team, tmp_path: Path
) -> None:
    examples.install(team, tmp_path)
    daily = Pipeline.objects.get(team=team, example="daily-data-processing")
    (default,) = [p["default"] for p in daily.draft["parameters"] if p["name"] == "database"]
    assert default == f"sqlite:///{tmp_path}/weather.db"
    assert examples.DATA not in str(daily.draft)


def test_what_people_did_to_an_example_stays(team: Team, user: User, tmp_path: Path) -> None:
    *others, edited, archived = examples.install(team, tmp_path)
    actions.save_draft(edited, {"name": "Mine now"}, edited.draft_revision, user)
    actions.archive(archived, None)
    assert examples.install(team, tmp_path) == []
    assert Pipeline.objects.get(pk=edited.pk).draft == {"name": "Mine now"}
    assert queries.visible(user).count() == len(others) + 1


def test_the_command_tells_what_it_did_and_what_to_do(user: User) -> None:
    def told(*arguments: str) -> str:
        out = StringIO()
        call_command("install_examples", *arguments, stdout=out)
        return out.getvalue()

    assert told().count("installed Example: ") == len(FILES)
    assert (settings.HOME / "examples").is_dir()
    assert told() == "The examples are already there.\n"
    with pytest.raises(CommandError, match="There is no team `ghosts`"):
        told("--team", "ghosts")


def test_without_the_library_the_command_says_so() -> None:
    create_team("Bare", "bare", User.objects.create_user("bare"))
    with pytest.raises(CommandError, match="install_library"):
        call_command("install_examples", "--team", "bare")
    assert not Pipeline.objects.exists()
