"""The one door to every guarded object: who may reach it, and who may do what to it.

What belongs to a team that a person is not in does not exist for that person (404). A role that
is too low is told so (403). Being a superuser makes nobody a member.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import Http404

from .models import Membership, Role, Team, User


class Action(StrEnum):
    """What a person wants to do with an object of a team."""

    VIEW = "view"
    RUN = "run"
    EDIT = "edit"
    ADMIN = "admin"


#: role x action. Each role may do what the ones before it may.
ROLES: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset({Action.VIEW}),
    Role.OPERATOR: frozenset({Action.VIEW, Action.RUN}),
    Role.EDITOR: frozenset({Action.VIEW, Action.RUN, Action.EDIT}),
    Role.ADMIN: frozenset(Action),
}

_VERBS = {
    Action.VIEW: "look at",
    Action.RUN: "run, cancel or clone",
    Action.EDIT: "change",
    Action.ADMIN: "administer",
}

M = TypeVar("M", bound=Model)
Person = User | AnonymousUser


def may(role: Role | str | None, action: Action) -> bool:
    """Whether a role allows an action; no role allows nothing."""
    return role is not None and action in ROLES[Role(role)]


def roles_that_may(action: Action) -> list[Role]:
    """The roles, low to high, that allow an action."""
    return [role for role, allowed in ROLES.items() if action in allowed]


def role_in(user: Person, team_id: UUID) -> Role | None:
    """The person's role in a team; None for a stranger."""
    found = _memberships(user).filter(team=team_id).values_list("role", flat=True).first()
    return Role(found) if found else None


def is_at_least(role: Role, wanted: Role | str) -> bool:
    """Whether a role allows all that `wanted` does."""
    order = list(ROLES)
    return order.index(role) >= order.index(Role(wanted))


def teams_with_role(user: Person, wanted: Role | str) -> QuerySet[Membership, UUID]:
    """The ids of the teams in which the person's role is at least this one."""
    enough = [role for role in ROLES if is_at_least(role, wanted)]
    return _memberships(user).filter(role__in=enough).values_list("team", flat=True)


def within(
    queryset: QuerySet[M], user: Person, action: Action = Action.VIEW, *, team: str = "team"
) -> QuerySet[M]:
    """The rows of the teams in which `user` may do `action`; `team` is the path to the team."""
    mine = _memberships(user).filter(role__in=roles_that_may(action))
    return queryset.filter(**{f"{team}__in": mine.values("team")})


def reach(
    queryset: QuerySet[M], user: Person, action: Action, *, team: str = "team", **lookup: Any
) -> M:
    """The one object that `lookup` names, if `user` may do `action` to it.

    Several rows may answer when two of a person's teams know the same thing (an artifact by its
    digest); the first one that allows the action is returned. Raises Http404 for what is missing
    or belongs to a foreign team, and PermissionDenied when the person's role is too low.
    """
    mine = _memberships(user).filter(team=OuterRef(team))
    try:
        rows = list(
            queryset.filter(**lookup)
            .annotate(my_role=Subquery(mine.values("role")[:1]))
            .filter(my_role__isnull=False)[:20]
        )
    except (ValueError, ValidationError) as error:
        raise Http404 from error
    if not rows:
        raise Http404
    for row in rows:
        if may(row.my_role, action):  # type: ignore[attr-defined]
            return row
    raise PermissionDenied(_refusal(rows[0].my_role, action))  # type: ignore[attr-defined]


def team(user: Person, id: UUID | str, action: Action) -> Team:
    """The team with this id or slug."""
    try:
        lookup: dict[str, Any] = {"pk": UUID(str(id))}
    except ValueError:
        lookup = {"slug": str(id)}
    return reach(Team.objects.all(), user, action, team="pk", **lookup)


def default_team(user: Person, action: Action) -> Team:
    """The team that is meant when none is named: the first in which `user` may do `action`."""
    found = within(Team.objects.order_by("created_at"), user, action, team="pk").first()
    if found is None:
        raise PermissionDenied(
            f"You are in no team in which you may {_VERBS[action]} things. "
            "Ask an administrator of your team for a higher role."
        )
    return found


def team_or_default(user: Person, id: UUID | str | None, action: Action) -> Team:
    """The named team, else the default one."""
    return default_team(user, action) if id is None else team(user, id, action)


def _memberships(user: Person) -> QuerySet[Membership]:
    if isinstance(user, User):
        return Membership.objects.filter(user=user)
    return Membership.objects.none()


def _refusal(role: str, action: Action) -> str:
    needed = roles_that_may(action)[0]
    article = "an" if needed[0] in "aeiou" else "a"
    return (
        f"Your role in this team is {role}; to {_VERBS[action]} this you need to be "
        f"{article} {needed} or higher. Ask an administrator of the team."
    )
