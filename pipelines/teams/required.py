"""Middleware: where a second factor is required, nothing but setting one up is open without."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from . import second_factor
from .models import User

WHY = "This Penstock asks everybody for two-step sign-in. Set it up at /second-factor/, then go on."
#: What has to be open so that one can set it up, or leave.
_OPEN = frozenset({"second-factor", "logout", "login", "password"})


class RequireSecondFactor:
    """Sends who has none to the page that sets one up. Tokens go on: they are no way to sign in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        match = request.resolver_match
        if not second_factor.required() or (match and match.view_name in _OPEN):
            return None
        # The session's person: a token's is known to the API alone.
        user = request.user
        if not isinstance(user, User) or not second_factor.missing(user):
            return None
        if request.path.startswith("/api/"):
            raise PermissionDenied(WHY)
        return redirect(reverse("second-factor"))
