"""The cast of tests: a team with one person of each role, and a stranger with a team of their own."""

from dataclasses import dataclass

from pipelines.teams.actions import create_team, set_role
from pipelines.teams.models import Team, User
from pipelines.teams.roles import Role

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class People:
    """`owner` administers `team`; `teammate` may only look; `stranger` is elsewhere."""

    team: Team
    owner: User
    editor: User
    operator: User
    teammate: User
    stranger: User
    elsewhere: Team


def gather() -> People:
    """Make the cast. Everyone's password is PASSWORD."""
    users = {
        name: User.objects.create_user(name, f"{name}@example.org", PASSWORD)
        for name in ("owner", "editor", "operator", "teammate", "stranger")
    }
    team = create_team("Acme", "acme", users["owner"])
    set_role(team, users["editor"], Role.EDITOR)
    set_role(team, users["operator"], Role.OPERATOR)
    set_role(team, users["teammate"], Role.VIEWER)
    return People(
        team=team, elsewhere=create_team("Elsewhere", "elsewhere", users["stranger"]), **users
    )
