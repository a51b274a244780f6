"""What changes who is in a team: invitations, roles, removal, service accounts."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from . import audit, hints
from .actions import set_role
from .models import Invitation, Membership, Team, User
from .roles import Role
from .tokens import digest

INVITATION_DAYS = 7


class LastAdmin(RuntimeError):
    """A team without an administrator could never be administered again."""

    def __init__(self, team: Team) -> None:
        super().__init__(
            f"This is the last administrator of {team.name}. Make somebody else an administrator first."
        )


class Taken(RuntimeError):
    """The name is in use."""


def invite(team: Team, role: Role, by: User, note: str = "") -> tuple[Invitation, str]:
    """An invitation and, this once, the secret of its link: for one person, once, for a week."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        made = Invitation.objects.create(
            team=team,
            role=role,
            note=note,
            digest=digest(secret),
            created_by=by,
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
        audit.record("invitation.create", made, team=team.pk, user=by, after={"role": role})
    return made, secret


def withdraw(invitation: Invitation, by: User) -> None:
    """The link opens nothing any more."""
    with transaction.atomic():
        audit.record(
            "invitation.withdraw",
            invitation,
            team=invitation.team_id,
            user=by,
            before={"role": invitation.role},
        )
        invitation.delete()


def open_invitation(secret: str) -> Invitation | None:
    """The invitation behind a link, while it can be accepted."""
    return (
        Invitation.objects.select_related("team", "created_by")
        .filter(digest=digest(secret), accepted_at=None, expires_at__gt=timezone.now())
        .first()
    )


@transaction.atomic
def accept(invitation: Invitation, user: User) -> bool:
    """Make `user` a member; False when somebody was quicker. A role is never lowered by it."""
    won = Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, expires_at__gt=timezone.now()
    ).update(accepted_at=timezone.now(), accepted_by=user)
    if not won:
        return False
    audit.record("invitation.accept", invitation, team=invitation.team_id, user=user)
    if not Membership.objects.filter(team=invitation.team_id, user=user).exists():
        set_role(invitation.team, user, Role(invitation.role), user)
    return True


def change_role(membership: Membership, role: Role, by: User) -> Membership:
    """Give a member another role. It counts from the next request on. Raises LastAdmin."""
    with _held(membership.team):
        if role is not Role.ADMIN:
            _keep_an_admin(membership)
        changed = set_role(membership.team, membership.user, role, by)
        hints.access_changed([membership.user_id])
    return changed


def remove(membership: Membership, by: User) -> None:
    """End a membership, one's own too; a service account ends with it. Raises LastAdmin.

    It takes effect at once: every door asks for the role that there is now, and open sockets of
    the person are told to ask again.
    """
    user = membership.user
    with _held(membership.team):
        _keep_an_admin(membership)
        audit.record(
            "member.leave" if by == user else "member.remove",
            membership,
            team=membership.team_id,
            user=by,
            name=user.get_username(),
            before={"role": membership.role},
        )
        membership.delete()
        if user.service_of_id == membership.team_id:
            user.api_tokens.all().delete()
            user.is_active = False
            user.save(update_fields=["is_active"])
        hints.access_changed([user.pk])


def create_service(team: Team, name: str, role: Role, by: User) -> Membership:
    """A service account: a member that is no person and acts by tokens alone. Raises Taken."""
    username = f"{slugify(name)[:60] or 'service'}@{team.slug}"
    try:
        with transaction.atomic():
            user = User(username=username, first_name=name[:150], service_of=team)
            user.set_unusable_password()
            user.save()
            return set_role(team, user, role, by)
    except IntegrityError as error:
        raise Taken(
            f"There is a service account `{username}` already; choose another name."
        ) from error


def _keep_an_admin(membership: Membership) -> None:
    if membership.role != Role.ADMIN or membership.user.service_of_id:
        return
    others = Membership.objects.filter(
        team=membership.team_id, role=Role.ADMIN, user__service_of=None, user__is_active=True
    )
    if not others.exclude(pk=membership.pk).exists():
        raise LastAdmin(membership.team)


@contextmanager
def _held(team: Team) -> Iterator[None]:
    """A transaction that has the team's row: two administrators cannot remove each other at once."""
    with transaction.atomic():
        Team.objects.select_for_update(no_key=True).only("pk").get(pk=team.pk)
        yield
