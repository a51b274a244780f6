"""API tokens and one-time login links: shown once, kept as hashes."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from .models import ApiToken, LoginLink, User

_USE_RECORDED_EVERY = timedelta(minutes=1)


def digest(secret: str) -> str:
    """SHA-256 in hex. The secrets are 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create(user: User, name: str = "token") -> tuple[ApiToken, str]:
    """A new token and, this once, its secret."""
    secret = "pst_" + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(user=user, name=name, prefix=secret[:10], digest=digest(secret))
    return token, secret


def find(secret: str) -> ApiToken | None:
    """The live token behind a secret; remembers, at most once a minute, that it was used."""
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest(secret), user__is_active=True)
        .first()
    )
    if token is not None:
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > _USE_RECORDED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
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
        digest=digest(secret), used_at__isnull=True, expires_at__gt=now, user__is_active=True
    ).update(used_at=now)
    if not won:
        return None
    return LoginLink.objects.select_related("user").get(digest=digest(secret)).user
