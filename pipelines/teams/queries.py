"""What is asked about teams."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from .access import Person, runs_instance, within
from .models import AuditEntry, Invitation, Membership, Team, TeamSecret
from .roles import Action


def audit_entries(user: Person) -> QuerySet[AuditEntry]:
    """The audit log of the teams whose log `user` may read, newest first.

    Administrators of this Penstock also read what belongs to no team.
    """
    teams = within(Team.objects.all(), user, Action.AUDIT, team="pk").values("pk")
    mine = Q(team_id__in=teams)
    if runs_instance(user):
        mine |= Q(team_id=None)
    return AuditEntry.objects.filter(mine).order_by("-id")


def may_audit(user: Person) -> bool:
    """Whether there is any audit log that `user` may read."""
    return runs_instance(user) or within(Team.objects.all(), user, Action.AUDIT, team="pk").exists()


def members(team: Team) -> QuerySet[Membership]:
    """Who is in a team, by name."""
    return team.memberships.select_related("user", "team").order_by("user__username")


def invitations(team: Team) -> QuerySet[Invitation]:
    """Those that can still be accepted, newest first."""
    open_ones = team.invitations.filter(accepted_at=None, expires_at__gt=timezone.now())
    return open_ones.select_related("created_by")


def secrets(team: Team) -> QuerySet[TeamSecret]:
    """A team's secrets by name, without what they are encrypted to."""
    return (
        team.secrets.select_related("team", "created_by", "changed_by")
        .defer("ciphertext")
        .order_by("name")
    )
