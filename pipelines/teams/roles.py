"""Who may do what: the one table of roles and actions, and the predicates made of it.

Pure: it knows no database. Every access door asks `allows`; the page and the API show `table`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import rules


class Role(StrEnum):
    """What a member is in a team, low to high."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    EDITOR = "editor"
    ADMIN = "admin"


class Action(StrEnum):
    """What somebody wants to do in a team. The scopes of a token are actions, too."""

    VIEW = "view"
    RUN = "run"
    CANCEL = "cancel"
    APPROVE = "approve"
    PAUSE = "pause"
    EDIT = "edit"
    USE_SECRETS = "use_secrets"
    MEMBERS = "members"
    SECRETS = "secrets"
    SHARE = "share"
    TOKENS = "tokens"
    RETENTION = "retention"
    AUDIT = "audit"


#: What each action is called in a sentence: "to … you need to be an editor".
WORDS: Mapping[Action, str] = {
    Action.VIEW: "look at pipelines, runs, components and artifacts",
    Action.RUN: "start, clone, resume, rerun and pin runs, and upload artifacts",
    Action.CANCEL: "cancel runs",
    Action.APPROVE: "decide on approvals",
    Action.PAUSE: "pause and continue runs and schedules",
    Action.EDIT: "change, publish and archive pipelines and components",
    Action.USE_SECRETS: "reference secrets by their names",
    Action.MEMBERS: "invite and remove members, and change roles",
    Action.SECRETS: "write, rotate and delete secrets",
    Action.SHARE: "share components with other teams",
    Action.TOKENS: "make service accounts and their tokens",
    Action.RETENTION: "set how long runs, logs and artifacts are kept, and clean up",
    Action.AUDIT: "read the audit log",
}

_VIEWER = frozenset({Action.VIEW})
_OPERATOR = _VIEWER | {Action.RUN, Action.CANCEL, Action.APPROVE, Action.PAUSE}
_EDITOR = _OPERATOR | {Action.EDIT, Action.USE_SECRETS}

#: role x action. Each role may do what the ones before it may.
ROLES: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.EDITOR: _EDITOR,
    Role.ADMIN: frozenset(Action),
}


@dataclass(frozen=True)
class Standing:
    """What somebody is in a team at this moment; `scopes` are those of the token, if one is used."""

    role: Role | None
    scopes: frozenset[Action] | None = None


# The library brings no types.
_rules: Any = rules


def _role_has(action: Action) -> Any:
    def has(standing: Standing) -> bool:
        return standing.role is not None and action in ROLES[standing.role]

    return _rules.predicate(has, name=f"role has {action}")


def _scope_has(action: Action) -> Any:
    def has(standing: Standing) -> bool:
        return standing.scopes is None or action in standing.scopes

    return _rules.predicate(has, name=f"scope has {action}")


#: action -> predicate of a Standing: the live role and the token's scopes must both have it.
PREDICATES = _rules.RuleSet()
for _action in Action:
    PREDICATES.add_rule(_action, _role_has(_action) & _scope_has(_action))


def allows(standing: Standing, action: Action) -> bool:
    """Whether somebody who stands like this may do it."""
    return bool(PREDICATES.test_rule(action, standing))


def roles_that_may(action: Action) -> list[Role]:
    """The roles, low to high, that allow an action."""
    return [role for role, allowed in ROLES.items() if action in allowed]


def is_at_least(role: Role, wanted: Role | str) -> bool:
    """Whether a role allows all that `wanted` does."""
    order = list(ROLES)
    return order.index(role) >= order.index(Role(wanted))


def scopes(names: Iterable[str] | None) -> frozenset[Action] | None:
    """The scopes of a token by their names, None for one that has all. Whoever may act may look."""
    return None if names is None else frozenset({Action.VIEW, *map(Action, names)})


def a_role(role: Role) -> str:
    """`an editor`"""
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"


def table() -> list[dict[str, Any]]:
    """The table, for people: each action with the roles that have it."""
    return [
        {"action": action.value, "words": WORDS[action], "roles": roles_that_may(action)}
        for action in Action
    ]
