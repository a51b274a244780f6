"""What changes teams and the people in them."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from . import audit
from .models import Membership, Team, User
from .roles import Role

FIRST_ADMIN = "admin"
FIRST_TEAM = "main"


class WrongPassword(ValueError):
    """The current password that was given is not the person's password."""


class SlugTaken(RuntimeError):
    """Another team has this short name."""


def create_team(name: str, slug: str, admin: User) -> Team:
    """A new team whose first administrator is `admin`; without `slug` it is made from the name.

    Raises SlugTaken.
    """
    slug = slug or slugify(name)[:63].strip("-_") or "team"
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, slug=slug)
            audit.record("team.create", team, team=team.pk, user=admin, after={"slug": slug})
            set_role(team, admin, Role.ADMIN, admin)
    except IntegrityError as error:
        raise SlugTaken(
            f"There is a team with the short name `{slug}` already; choose another one."
        ) from error
    return team


@transaction.atomic
def rename_team(team: Team, name: str, by: User) -> Team:
    """Another name for people to read. The short name stays: addresses and scripts use it."""
    before, team.name = team.name, name
    if name != before:
        team.save(update_fields=["name"])
        audit.record(
            "team.rename",
            team,
            team=team.pk,
            user=by,
            before={"name": before},
            after={"name": name},
        )
    return team


@transaction.atomic
def set_role(team: Team, user: User, role: Role, by: User | None = None) -> Membership:
    """Make `user` a member of `team` with this role, or change the role."""
    before = Membership.objects.filter(team=team, user=user).values_list("role", flat=True).first()
    membership, _ = Membership.objects.update_or_create(
        team=team, user=user, defaults={"role": role}
    )
    if before != role:
        audit.record(
            "member.change" if before else "member.add",
            membership,
            team=team.pk,
            user=by,
            name=user.get_username(),
            before={"role": before} if before else None,
            after={"role": role},
        )
    return membership


@transaction.atomic
def ensure_first_admin() -> User:
    """The first administrator and the first team, made when there are none.

    The person has no usable password until one is set on the account page; a login link is the
    way in.
    """
    user, created = User.objects.get_or_create(
        username=FIRST_ADMIN, defaults={"is_staff": True, "is_superuser": True}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    team, _ = Team.objects.get_or_create(slug=FIRST_TEAM, defaults={"name": "My team"})
    Membership.objects.get_or_create(team=team, user=user, defaults={"role": Role.ADMIN})
    return user


def change_password(user: User, new: str, current: str | None = None) -> None:
    """Set a password; a person who has one must give it.

    Raises WrongPassword, and ValidationError with every rule that the new password breaks.
    """
    if user.has_usable_password() and not user.check_password(current or ""):
        raise WrongPassword("The current password is not right. Type it again.")
    if "\x00" in new:
        raise ValidationError("A password cannot contain a null character.")
    validate_password(new, user)
    user.set_password(new)
    with transaction.atomic():
        user.save(update_fields=["password"])
        audit.record("person.change_password", user, team=None, user=user)
