"""The examples come once, without a problem, and are the team's own from then on."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from pipelines.catalog.actions import install_library
from pipelines.catalog.queries import specs_for
from pipelines.core.document import Definition
from pipelines.core.plan import plan
from pipelines.designs import actions, examples, queries
from pipelines.designs.models import Pipeline
from pipelines.teams.actions import create_team, ensure_first_admin
from pipelines.teams.models import Team, User

pytestmark = pytest.mark.django_db

NAMES = ["daily-data-processing", "diamond", "train-and-choose", "word-count"]


@pytest.fixture
def user() -> User:
    install_library()
    return ensure_first_admin()


@pytest.fixture
def team(user: User) -> Team:
    return user.teams.get()


def test_all_four_are_published_without_a_problem(team: Team, tmp_path: Path) -> None:
    installed = examples.install(team, tmp_path)
    assert [Pipeline.objects.get(pk=each.pk).example for each in installed] == NAMES
    for pipeline in installed:
        assert queries.problems(pipeline) == []
        assert not queries.changed(pipeline)
        version = queries.newest_version(pipeline)
        assert version is not None
        assert version.number == 1
        definition = Definition.model_validate(version.definition)
        assert len(plan(definition, specs_for(version.component_digests))) == len(definition.nodes)
        assert set(definition.layout) == {node.id for node in definition.nodes}


def test_the_database_of_the_daily_example_lies_below_the_data_directory(
    team: Team, tmp_path: Path
) -> None:
    daily = examples.install(team, tmp_path)[0]
    (default,) = [p["default"] for p in daily.draft["parameters"] if p["name"] == "database"]
    assert default == f"sqlite:///{tmp_path}/weather.db"
    assert examples.DATA not in str(daily.draft)


def test_what_people_did_to_an_example_stays(team: Team, user: User, tmp_path: Path) -> None:
    edited, archived, *_ = examples.install(team, tmp_path)
    actions.save_draft(edited, {"name": "Mine now"}, edited.draft_revision, user)
    actions.archive(archived)
    assert examples.install(team, tmp_path) == []
    assert Pipeline.objects.get(pk=edited.pk).draft == {"name": "Mine now"}
    assert queries.visible(user).count() == 3


def test_the_command_tells_what_it_did_and_what_to_do(user: User) -> None:
    def told(*arguments: str) -> str:
        out = StringIO()
        call_command("install_examples", *arguments, stdout=out)
        return out.getvalue()

    assert told().count("installed Example: ") == 4
    assert (settings.HOME / "examples").is_dir()
    assert told() == "The examples are already there.\n"
    with pytest.raises(CommandError, match="There is no team `ghosts`"):
        told("--team", "ghosts")


def test_without_the_library_the_command_says_so() -> None:
    create_team("Bare", "bare", User.objects.create_user("bare"))
    with pytest.raises(CommandError, match="install_library"):
        call_command("install_examples", "--team", "bare")
    assert not Pipeline.objects.exists()
