"""Every address of the API x every role x own and foreign team x nobody, against the one table.

A route or method that is not in GUARDS fails: whoever adds one says what it takes.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Model
from django.urls import URLPattern
from rest_framework.test import APIClient

from pipelines.runs.models import Limit
from pipelines.teams import connections, members, network, tokens, vault
from pipelines.teams.models import Membership, User
from pipelines.teams.roles import ROLES, Action, Role
from tests.integration.api.test_doors import ALL, METHODS, address
from tests.people import People
from tests.support.sample import Sample, definition

pytestmark = pytest.mark.django_db

API = "api/v1/"
TEAM = f"{API}teams/<name:team>/"
PIPELINE = f"{API}pipelines/<uuid:id>/"
RUN = f"{API}runs/<uuid:id>/"

#: What a GET takes when it is not to look at things of a team: `signed in`, or another action.
#: `own` is about the person who asks, `staff` is for administrators of the Penstock.
GUARDS: dict[tuple[str, str], Action | str] = {
    ("get", f"{API}me/"): "signed in",
    ("post", f"{API}me/password/"): "own",
    ("post", f"{API}token/"): "open",
    ("get", f"{API}tokens/"): "own",
    ("post", f"{API}tokens/"): "own",
    ("delete", f"{API}tokens/<number:id>/"): "own",
    ("get", f"{API}roles/"): "signed in",
    ("get", f"{API}components/"): "signed in",
    ("post", f"{API}components/"): Action.EDIT,
    ("post", f"{API}components/check/"): Action.EDIT,
    ("get", f"{API}components/kinds/"): "signed in",
    ("get", f"{API}component-drafts/"): "signed in",
    ("post", f"{API}component-drafts/"): Action.EDIT,
    ("post", f"{API}component-drafts/import/"): Action.EDIT,
    ("patch", f"{API}component-drafts/<uuid:id>/"): Action.EDIT,
    ("delete", f"{API}component-drafts/<uuid:id>/"): Action.EDIT,
    ("post", f"{API}component-drafts/<uuid:id>/publish/"): Action.EDIT,
    ("post", f"{API}component-drafts/<uuid:id>/tries/"): Action.EDIT,
    ("put", f"{API}components/<name:namespace>/<name:name>/sharing/"): Action.SHARE,
    ("post", f"{API}validate/"): Action.VIEW,
    ("get", f"{API}pipelines/"): "signed in",
    ("post", f"{API}pipelines/"): Action.EDIT,
    ("delete", PIPELINE): Action.EDIT,
    ("patch", f"{PIPELINE}draft/"): Action.EDIT,
    ("post", f"{PIPELINE}versions/"): Action.EDIT,
    ("post", f"{PIPELINE}runs/"): Action.RUN,
    ("post", f"{PIPELINE}run-check/"): Action.VIEW,
    ("post", f"{PIPELINE}run-to/"): Action.RUN,
    ("get", f"{API}runs/"): "signed in",
    ("post", f"{RUN}cancel/"): Action.CANCEL,
    ("post", f"{RUN}clone/"): Action.RUN,
    ("put", f"{RUN}pin/"): Action.RUN,
    ("delete", f"{RUN}pin/"): Action.RUN,
    ("post", f"{RUN}resume/"): Action.RUN,
    ("post", f"{RUN}rerun/"): Action.RUN,
    ("post", f"{RUN}nodes/<node:node>/decision/"): Action.APPROVE,
    ("get", f"{API}approvals/"): "signed in",
    ("get", f"{API}limits/"): "signed in",
    ("post", f"{API}limits/"): "staff",
    ("patch", f"{API}limits/<number:id>/"): "staff",
    ("delete", f"{API}limits/<number:id>/"): "staff",
    ("get", f"{API}workers/"): "signed in",
    ("get", f"{API}environments/"): "signed in",
    ("post", f"{API}environments/<digest:digest>/renew/"): Action.EDIT,
    ("post", f"{API}bundles/"): Action.EDIT,
    ("post", f"{API}artifacts/"): Action.RUN,
    ("get", f"{API}teams/"): "signed in",
    ("post", f"{API}teams/"): "staff",
    ("patch", TEAM): Action.MEMBERS,
    ("patch", f"{TEAM}members/<number:id>/"): Action.MEMBERS,
    ("delete", f"{TEAM}members/<number:id>/"): Action.MEMBERS,
    ("get", f"{TEAM}members/<number:id>/tokens/"): Action.TOKENS,
    ("post", f"{TEAM}members/<number:id>/tokens/"): Action.TOKENS,
    ("delete", f"{TEAM}members/<number:id>/tokens/<number:token>/"): Action.TOKENS,
    ("get", f"{TEAM}invitations/"): Action.MEMBERS,
    ("post", f"{TEAM}invitations/"): Action.MEMBERS,
    ("delete", f"{TEAM}invitations/<number:id>/"): Action.MEMBERS,
    ("post", f"{TEAM}services/"): Action.TOKENS,
    ("patch", f"{TEAM}keeping/"): Action.RETENTION,
    ("patch", f"{TEAM}quotas/"): "staff",
    ("post", f"{TEAM}clean-ups/"): Action.RETENTION,
    ("post", f"{TEAM}secrets/"): Action.SECRETS,
    ("patch", f"{TEAM}secrets/<number:id>/"): Action.SECRETS,
    ("delete", f"{TEAM}secrets/<number:id>/"): Action.SECRETS,
    ("get", f"{API}connection-types/"): "signed in",
    ("post", f"{TEAM}connections/"): Action.SECRETS,
    ("post", f"{TEAM}connections/test/"): Action.SECRETS,
    ("patch", f"{TEAM}connections/<number:id>/"): Action.SECRETS,
    ("delete", f"{TEAM}connections/<number:id>/"): Action.SECRETS,
    ("post", f"{TEAM}connections/<number:id>/test/"): Action.SECRETS,
    ("post", f"{TEAM}allowed-hosts/"): "staff",
    ("delete", f"{TEAM}allowed-hosts/<number:id>/"): "staff",
    ("get", f"{API}audit/"): Action.AUDIT,
    ("get", f"{API}audit/export/"): Action.AUDIT,
}
#: What takes a second action beside the one in GUARDS.
ALSO = {("post", f"{API}component-drafts/<uuid:id>/tries/"): [Action.RUN]}
NEW_COMPONENT = {"kind": "python", "source": "def f() -> int: ...", "namespace": "x"}
#: Where the team is named in the body or chosen, so that a stranger needs one to be refused.
IN_BODY: dict[str, dict[str, Any]] = {
    f"{API}components/": NEW_COMPONENT,
    f"{API}components/check/": NEW_COMPONENT,
    f"{API}component-drafts/": {"component": "acme/step"},
    f"{API}component-drafts/import/": {"file": "implementation: {container: {image: alpine}}"},
    f"{API}pipelines/": {"definition": definition()},
    f"{API}validate/": {"definition": definition()},
}
ROUTES = [(route, pattern) for route, pattern in ALL if route.startswith(API)]


class World:
    """The cast with one object of every kind, and how to ask for each address."""

    def __init__(self, sample: Sample, people: People) -> None:
        self.sample, self.people = sample, people
        self.service = members.create_service(people.team, "ci", Role.VIEWER, people.owner)
        self.service_token, _ = tokens.create(self.service.user, by=people.owner)
        self.invitation, _ = members.invite(people.team, Role.VIEWER, people.owner)
        self.secret = vault.write(people.team, "api_key", "a-long-value", people.owner)
        chat = {"webhook": "http://127.0.0.1:9/hook"}
        self.connection = connections.create(people.team, "chat", "slack", chat, people.owner)
        self.allowed_host = network.allow(people.team, "db.internal", "", people.owner)
        self.limit = Limit.objects.create(scope="pool", name="gpu", slots=1)

    def url(self, route: str, pattern: URLPattern) -> str:
        ids: dict[str, Model] = {
            "invitations": self.invitation,
            "members": self.service,
            "limits": self.limit,
            "secrets": self.secret,
            "connections": self.connection,
            "allowed-hosts": self.allowed_host,
        }
        for word, thing in ids.items():
            route = route.replace(f"/{word}/<number:id>", f"/{word}/{thing.pk}")
        route = route.replace("<name:team>", "acme")
        route = route.replace("<number:token>", str(self.service_token.pk))
        return address(route, pattern, self.sample)

    def ask(self, client: APIClient, method: str, route: str, pattern: URLPattern) -> Any:
        """The answer, with whatever was done undone again."""
        url = self.url(route, pattern)
        body: dict[str, Any] = dict(IN_BODY.get(route, {}))
        if body:
            body["team"] = "acme"
        form = "json"
        if route in (f"{API}bundles/", f"{API}artifacts/") and method == "post":
            body = {"team": "acme", "file": SimpleUploadedFile("a.txt", b"PK")}
            form = "multipart"
        with transaction.atomic():
            call: Callable[..., Any] = getattr(client, method)
            if method == "get":
                answer = call(url)
            else:
                answer = call(url, body, format=form, HTTP_IF_MATCH='"1"')
            transaction.set_rollback(True)
        return answer


@pytest.fixture
def world(sample: Sample, people: People) -> World:
    return World(sample, people)


def guard(method: str, route: str) -> Action | str | None:
    return GUARDS.get((method, route), Action.VIEW if method == "get" else None)


def test_every_guard_is_of_a_route_that_there_is() -> None:
    assert {route for _, route in GUARDS} <= {route for route, _ in ROUTES}
    assert set(ROLES) == set(Role)


@pytest.mark.parametrize(
    ("route", "pattern"), ROUTES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_who_may_do_what(
    route: str, pattern: URLPattern, world: World, people: People, as_user: Any
) -> None:
    cast: dict[Role, User] = {
        Role.VIEWER: people.teammate,
        Role.OPERATOR: people.operator,
        Role.EDITOR: people.editor,
        Role.ADMIN: people.owner,
    }
    for method in METHODS:
        if world.ask(as_user(people.owner), method, route, pattern).status_code == 405:
            continue
        needs = guard(method, route)
        assert needs is not None, f"{method.upper()} {route} is not in GUARDS"
        nobody = world.ask(APIClient(), method, route, pattern).status_code
        assert nobody == 401, (method, route)
        for role, user in cast.items():
            answer = world.ask(as_user(user), method, route, pattern)
            where = (method, route, str(role), getattr(answer, "data", None))
            if needs == "staff" or (isinstance(needs, Action) and needs not in ROLES[role]):
                assert answer.status_code == 403, where
            elif needs == "own" and role is not Role.ADMIN and "<" in route:
                assert answer.status_code == 404, where
            else:
                assert answer.status_code not in (401, 403, 404, 500), where
        if isinstance(needs, Action) and ("<" in route or method == "post"):
            stranger = world.ask(as_user(people.stranger), method, route, pattern)
            assert stranger.status_code == 404, (method, route)


@pytest.mark.parametrize(
    ("action", "method", "route"),
    [(needs, method, route) for (method, route), needs in GUARDS.items() if needs in set(Action)],
)
def test_a_token_does_what_both_its_scopes_and_the_live_role_allow(
    action: Action, method: str, route: str, world: World, people: People
) -> None:
    def status(scopes: list[Action]) -> int:
        token, secret = tokens.create(people.owner, scopes=scopes)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        code = int(world.ask(client, method, route, dict(ROUTES)[route]).status_code)
        token.delete()
        return code

    makes_tokens = method == "post" and action is Action.TOKENS
    others = [each for each in Action if each is not action]
    if action is not Action.VIEW:
        assert status(others) == 403
    assert (status([action, *ALSO.get((method, route), [])]) == 403) is makes_tokens
    Membership.objects.filter(user=people.owner).update(role=Role.VIEWER)
    enough = [action, *ALSO.get((method, route), [])]
    assert (status(enough) == 403) is (action is not Action.VIEW)
