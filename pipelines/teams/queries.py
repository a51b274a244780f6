"""What is asked about teams."""

from uuid import UUID

from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from .access import Person, runs_instance, standing, within
from .models import AuditEntry, Invitation, Membership, Team, TeamSecret
from .roles import Action, allows


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


def teams(user: Person) -> QuerySet[Team]:
    """The teams that `user` is in, by name, each with the `role` there."""
    mine = Membership.objects.filter(team=OuterRef("pk"), user=user.pk).values("role")
    return (
        within(Team.objects.all(), user, team="pk")
        .annotate(role=Subquery(mine[:1]))
        .order_by("name", "pk")
    )


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


def history(thing: Model) -> QuerySet[AuditEntry]:
    """What was done to one thing, newest first. For whoever may look at the thing."""
    return AuditEntry.objects.filter(
        object_type=thing._meta.model_name, object_id=str(thing.pk), outcome="done"
    ).order_by("-id")


def audits(user: Person, team_id: UUID | None) -> bool:
    """Whether the person may read the whole audit log of a team."""
    if team_id is None:
        return runs_instance(user)
    return allows(standing(user, team_id), Action.AUDIT)
