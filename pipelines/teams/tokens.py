"""API tokens and one-time login links: shown once, kept as hashes."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from . import audit, hints
from .models import ApiToken, LoginLink, User
from .roles import Action

_USE_RECORDED_EVERY = timedelta(minutes=1)


def digest(secret: str) -> str:
    """SHA-256 in hex. The secrets are 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create(
    user: User,
    name: str = "token",
    *,
    scopes: Iterable[Action] | None = None,
    expires_at: datetime | None = None,
    by: User | None = None,
) -> tuple[ApiToken, str]:
    """A new token and, this once, its secret. Without `scopes` it may do all that its user may."""
    secret = "pst_" + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name,
            prefix=secret[:10],
            digest=digest(secret),
            scopes=None if scopes is None else sorted(scopes),
            expires_at=expires_at,
        )
        audit.record(
            "token.create",
            token,
            team=user.service_of_id,
            user=by or user,
            after={"of": user.get_username(), "scopes": token.scopes, "expires_at": expires_at},
        )
    return token, secret


def revoke(token: ApiToken, by: User) -> None:
    """Whoever uses the token is refused from now on."""
    with transaction.atomic():
        audit.record(
            "token.revoke",
            token,
            team=token.user.service_of_id,
            user=by,
            before={"of": token.user.get_username(), "scopes": token.scopes},
        )
        token.delete()
        hints.access_changed([token.user_id])


def find(secret: str) -> ApiToken | None:
    """The live token behind a secret; remembers, at most once a minute, that it was used."""
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .filter(digest=digest(secret), user__is_active=True)
        .first()
    )
    if token is not None and (
        token.last_used_at is None or now - token.last_used_at > _USE_RECORDED_EVERY
    ):
        ApiToken.objects.filter(pk=token.pk).update(
            last_used_at=now, last_used_ip=audit.origin.get().ip[:45]
        )
    return token


def create_login_link(user: User, valid_for: timedelta = timedelta(hours=24)) -> str:
    """The secret of a link that logs `user` in once, before `valid_for` has passed."""
    secret = secrets.token_urlsafe(32)
    LoginLink.objects.create(
        user=user, digest=digest(secret), expires_at=timezone.now() + valid_for
    )
    return secret


def use_login_link(secret: str) -> User | None:
    """Its user the first time, None ever after: the conditional update lets one caller win."""
    now = timezone.now()
    won = LoginLink.objects.filter(
        digest=digest(secret),
        used_at=None,
        expires_at__gt=now,
        user__is_active=True,
        user__service_of=None,
    ).update(used_at=now)
    if not won:
        return None
    return LoginLink.objects.select_related("user").get(digest=digest(secret)).user
