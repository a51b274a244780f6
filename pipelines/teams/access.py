"""The one door to every guarded object: who may reach it, and who may do what to it.

What belongs to a team that a person is not in does not exist for that person (404). A role that
is too low is told so (403), and so is a token without the scope. Being a superuser makes nobody a
member. What is refused carries what it was about, for the audit log.
"""

from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404

from .models import Membership, Team, User
from .roles import WORDS as WORDS
from .roles import Action as Action
from .roles import Role, Standing, a_role, allows, is_at_least, roles_that_may

M = TypeVar("M", bound=Model)
Person = User | AnonymousUser


class Refused(Exception):
    """What a refusal was about; mixed into the errors that Django knows."""

    action: str = ""
    team_id: UUID | None = None
    thing: Model | None = None


class Denied(Refused, PermissionDenied):
    """The role is too low, or the token lacks the scope."""

    def __init__(
        self, message: str, action: str, team_id: UUID | None = None, thing: Model | None = None
    ) -> None:
        super().__init__(message)
        self.action, self.team_id, self.thing = action, team_id, thing


class Foreign(Refused, Http404):
    """It exists, in a team that the person is not in. Nobody learns more than that it is not found."""

    def __init__(self, action: str, team_id: UUID | None, thing: Model) -> None:
        super().__init__()
        self.action, self.team_id, self.thing = action, team_id, thing


def standing(user: Person, team_id: UUID) -> Standing:
    """What the person is in a team at this moment, and what the token used allows at most."""
    found = _memberships(user).filter(team=team_id).values_list("role", flat=True).first()
    return _standing(user, found)


def memberships(user: Person) -> QuerySet[Membership, UUID]:
    """The ids of the teams that `user` may look into."""
    return teams_with_role(user, Role.VIEWER, Action.VIEW)


def teams_with_role(user: Person, wanted: Role | str, action: Action) -> QuerySet[Membership, UUID]:
    """The ids of the teams in which the person's role is at least `wanted`, and allows `action`."""
    enough = [role for role in _roles_for(user, action) if is_at_least(role, wanted)]
    return _memberships(user).filter(role__in=enough).values_list("team", flat=True)


def within(
    queryset: QuerySet[M], user: Person, action: Action = Action.VIEW, *, team: str = "team"
) -> QuerySet[M]:
    """The rows of the teams in which `user` may do `action`; `team` is the path to the team."""
    mine = _memberships(user).filter(role__in=_roles_for(user, action))
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
        named = queryset.filter(**lookup)
        rows = list(
            named.annotate(my_role=Subquery(mine.values("role")[:1])).filter(my_role__isnull=False)[
                :20
            ]
        )
        foreign = named.first() if not rows and user.is_authenticated else None
    except (ValueError, ValidationError) as error:
        raise Http404 from error
    if not rows:
        raise Foreign(action, _team_of(foreign, team), foreign) if foreign else Http404
    for row in rows:
        if allows(_standing(user, row.my_role), action):  # type: ignore[attr-defined]
            return row
    first = rows[0]
    refusal = _refusal(_standing(user, first.my_role), action)  # type: ignore[attr-defined]
    raise Denied(refusal, action, _team_of(first, team), first)


def team(user: Person, id: UUID | str, action: Action, *, everywhere: bool = False) -> Team:
    """The team with this id or slug; `everywhere` when membership does not matter."""
    try:
        lookup: dict[str, Any] = {"pk": UUID(str(id))}
    except ValueError:
        lookup = {"slug": str(id)}
    if everywhere:
        return get_object_or_404(Team, **lookup)
    return reach(Team.objects.all(), user, action, team="pk", **lookup)


def default_team(user: Person, action: Action) -> Team:
    """The team that is meant when none is named: the first in which `user` may do `action`."""
    found = within(Team.objects.order_by("created_at"), user, action, team="pk").first()
    if found is None:
        raise Denied(
            f"You are in no team in which you may {WORDS[action]}. "
            "Ask an administrator of your team for a higher role.",
            action,
        )
    return found


def team_or_default(user: Person, id: UUID | str | None, action: Action) -> Team:
    """The named team, else the default one."""
    return default_team(user, action) if id is None else team(user, id, action)


def require(user: Person, team_id: UUID, action: Action, thing: Model | None = None) -> None:
    """That `user` may do `action` in this team besides what was asked for. Raises Denied."""
    here = standing(user, team_id)
    if not allows(here, action):
        raise Denied(_refusal(here, action), action, team_id, thing)


def runs_instance(user: Person) -> bool:
    """Whether it is an administrator of this Penstock, and by no token that is limited by scopes."""
    return isinstance(user, User) and user.is_staff and user.scopes is None


def team_of_instance(user: Person, id: UUID | str) -> Team:
    """Any team for an administrator of this Penstock, else one that the person may look at."""
    return team(user, id, Action.VIEW, everywhere=runs_instance(user))


def instance(user: Person, what: str) -> None:
    """Only for administrators of this Penstock. Raises Denied."""
    if not runs_instance(user):
        raise Denied(
            f"Only an administrator of this Penstock may {what}; ask one of them.", "instance"
        )


def _standing(user: Person, role: str | None) -> Standing:
    scopes = user.scopes if isinstance(user, User) else None
    return Standing(Role(role) if role else None, scopes)


def _roles_for(user: Person, action: Action) -> list[Role]:
    """The roles with which `user`, by the token used if there is one, may do it."""
    return [role for role in roles_that_may(action) if allows(_standing(user, role), action)]


def _memberships(user: Person) -> QuerySet[Membership]:
    if isinstance(user, User):
        return Membership.objects.filter(user=user)
    return Membership.objects.none()


def _team_of(row: Any, path: str) -> UUID | None:
    *steps, last = path.split("__")
    for step in steps:
        row = getattr(row, step)
    id = getattr(row, last if last == "pk" else f"{last}_id")
    return UUID(str(id)) if id else None


def _refusal(standing: Standing, action: Action) -> str:
    if allows(Standing(standing.role), action):
        return (
            f"Your role in this team allows it, but this token does not: it lacks the scope "
            f"`{action}`. Make a token that has it, on your account page."
        )
    needed = roles_that_may(action)[0]
    return (
        f"Your role in this team is {standing.role}; to {WORDS[action]} you need to be "
        f"{a_role(needed)} or higher. Ask an administrator of the team."
    )
