"""Publishing, seeing, finding: the owner, the teammate and the stranger."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from pipelines.catalog import access, actions, queries
from pipelines.catalog.models import Component, ComponentVersion
from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry
from pipelines.teams.access import Action
from pipelines.teams.actions import create_team, set_role
from pipelines.teams.models import Team, User
from pipelines.teams.roles import Role

pytestmark = pytest.mark.django_db

SOURCE = '''
def clean(rows: list, /, *, zeal: int = 1, almost: bool = False, a: str = "x") -> list:
    """Tidy up the rows.

    Args:
        rows: What to tidy.
        zeal: How much.
    """
    return rows
'''


def spec(name: str = "clean", namespace: str = "acme", **changes: Any) -> ComponentSpec:
    built = registry.build("python", {"source": SOURCE, "namespace": namespace, "name": name})
    return built.model_copy(update=changes)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("owner")


@pytest.fixture
def team(owner: User) -> Team:
    return create_team("Acme", "acme", owner)


@pytest.fixture
def stranger() -> User:
    user = User.objects.create_user("stranger")
    create_team("Others", "others", user)
    return user


def codes(call: Callable[[], object]) -> list[str]:
    with pytest.raises(InvalidDefinition) as refused:
        call()
    return [problem.code for problem in refused.value.problems]


def test_each_change_is_a_new_version_and_no_change_is_none(team: Team, owner: User) -> None:
    first = actions.publish(spec(), team, owner)
    again = actions.publish(spec(), team, owner)
    second = actions.publish(spec(title="Clean up", docs="Thorough."), team, owner)
    assert [first.number, again.number, second.number] == [1, 1, 2]
    assert ComponentVersion.objects.get(number=1).spec["title"] == "Clean"
    component = Component.objects.get()
    assert (component.title, component.latest, component.team) == ("Clean up", 2, team)


def test_the_order_of_parameters_is_the_authors(team: Team, owner: User) -> None:
    actions.publish(spec(), team, owner)
    stored = ComponentVersion.objects.get().spec
    assert list(stored["parameters"]["properties"]) == ["zeal", "almost", "a"]
    assert list(spec().parameters["properties"]) == ["zeal", "almost", "a"]


def test_a_namespace_belongs_to_the_first_team_and_the_librarys_to_nobody(
    team: Team, owner: User, stranger: User
) -> None:
    actions.publish(spec(), team, owner)
    theirs = stranger.teams.get()
    assert codes(lambda: actions.publish(spec("other"), theirs, stranger)) == ["namespace_taken"]
    for reserved in actions.RESERVED:
        assert codes(lambda name=reserved: actions.publish(spec("x", name), team, owner)) == [
            "namespace_reserved"
        ]
    assert Component.objects.count() == 1


def test_a_spec_that_is_wrong_is_refused_with_everything_that_is(team: Team, owner: User) -> None:
    parameters = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1/schema"}}}
    wrong = spec(kind="telepathy", parameters=parameters)
    assert codes(lambda: actions.publish(wrong, team, owner)) == ["unknown_kind", "bad_schema"]
    nul = spec(docs="a\0b")
    assert "malformed" in codes(lambda: actions.publish(nul, team, owner))
    assert not Component.objects.exists()


def test_people_see_the_built_in_components_and_their_teams_own(
    team: Team, owner: User, stranger: User
) -> None:
    actions.publish(spec(), team, owner)
    actions.publish(spec("split", "core"), None, None)
    assert [str(each) for each in queries.visible(owner)] == ["acme/clean", "core/split"]
    assert [str(each) for each in queries.visible(stranger)] == ["core/split"]
    assert access.component(owner, "acme", "clean").team == team
    assert access.version(owner, "acme", "clean", 1).number == 1
    assert access.version(stranger, "core", "split", 1).component.latest == 1
    for person in (stranger, AnonymousUser()):
        with pytest.raises(Http404):
            access.component(person, "acme", "clean")
    for name, number in (("acme", 2), ("nothing", 1)):
        with pytest.raises(Http404):
            access.version(owner, name, "clean", number)
    with pytest.raises(PermissionDenied, match="built in"):
        access.component(owner, "core", "split", Action.EDIT)


def test_a_viewer_may_look_but_not_publish(team: Team, owner: User) -> None:
    actions.publish(spec(), team, owner)
    viewer = User.objects.create_user("viewer")
    set_role(team, viewer, Role.VIEWER)
    assert access.component(viewer, "acme", "clean").name == "clean"
    with pytest.raises(PermissionDenied, match="you need to be an editor"):
        access.component(viewer, "acme", "clean", Action.EDIT)


def test_search_wants_every_word_anywhere(team: Team, owner: User) -> None:
    actions.publish(spec(), team, owner)
    actions.publish(spec("split", title="Split"), team, owner)
    found = queries.search(queries.visible(owner), "CLEAN tidy")
    assert [str(each) for each in found] == ["acme/clean"]
    assert queries.search(queries.visible(owner), "100% tidy").count() == 0


def test_the_catalog_of_a_team_answers_from_two_queries(
    team: Team, owner: User, stranger: User, django_assert_max_num_queries: Any
) -> None:
    for zeal in range(1, 4):
        actions.publish(spec(docs=f"version {zeal}"), team, owner)
    actions.publish(spec("split"), team, owner)
    refs = [("acme/clean", 1), ("acme/split", None), ("acme/ghost", None), ("acme/clean", None)]
    queries._SPECS.clear()
    with django_assert_max_num_queries(2):
        catalog = queries.DbCatalog(team, refs)
        assert [catalog.latest(name) for name, _ in refs] == [3, 1, None, 3]
        assert [found and found.docs[:9] for found in (catalog.spec(*ref) for ref in refs)] == [
            "version 1",
            spec().docs,
            None,
            "version 3",
        ]
        assert catalog.spec("acme/clean", 9) is None
    with django_assert_max_num_queries(1):
        queries.DbCatalog(team, refs)
    late = queries.DbCatalog(team)
    assert late.spec("acme/clean", 2) is not None
    for other in (queries.DbCatalog(stranger.teams.get(), refs), queries.DbCatalog(None, refs)):
        assert [other.latest(name) for name, _ in refs] == [None] * 4


def test_pinned_specs_are_found_by_their_references(team: Team, owner: User) -> None:
    actions.publish(spec(), team, owner)
    actions.publish(spec(docs="new"), team, owner)
    found = queries.specs_for(["acme/clean@2", "acme/clean@7", "acme/clean", "nonsense"])
    assert {ref: each.docs for ref, each in found.items()} == {"acme/clean@2": "new"}


def test_the_library_is_installed_once(django_assert_max_num_queries: Any) -> None:
    published = actions.install_library()
    assert set(published) == {f"{each}@1" for each in Component.objects.all()}
    with django_assert_max_num_queries(1):
        assert actions.install_library() == []
    newest = queries.newest_versions(Component.objects.all())
    assert len(newest) == len(published)
