"""`Authorization: Token …`, looked up by hash."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from pipelines.teams import tokens
from pipelines.teams.models import ApiToken, User


class TokenAuthentication(BaseAuthentication):
    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        parts = get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != self.keyword.lower():
            return None
        token = tokens.find(parts[1]) if len(parts) == 2 else None
        if token is None:
            raise AuthenticationFailed(
                "This token is unknown, or was revoked. Make a new one under Settings > API tokens."
            )
        token.user.token = token
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class SignedInPersonally(IsAuthenticated):
    """By session, not by token: a stolen token must not make tokens or set passwords."""

    message = "A token cannot do this. Sign in on the web page, or use your password."

    def has_permission(self, request: Request, view: Any) -> bool:
        by_token = isinstance(request.auth, ApiToken)
        return super().has_permission(request, view) and not by_token


def person(request: Request) -> User:
    """Who is asking. Raises NotAuthenticated for nobody."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
