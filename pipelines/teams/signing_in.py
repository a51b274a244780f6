"""Signing in by password, and by a code where the person has a second factor.

Between the two pages the session knows who has given the right password, and nothing is open yet.
"""

import time
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.contrib.auth import login, user_login_failed
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from . import second_factor
from .models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"
_KEY = "password_given"
_SECONDS = 600


class Login(LoginView):
    template_name = "login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, or go on to the page that asks for the code."""
        user = form.get_user()
        if not isinstance(user, User) or second_factor.of(user) is None:
            return super().form_valid(form)
        # A session that was there before must not become the one that is signed in.
        self.request.session.cycle_key()
        self.request.session[_KEY] = {
            "user": user.pk,
            "hash": user.get_session_auth_hash(),
            "until": time.time() + _SECONDS,
            "next": self.get_success_url(),
        }
        return redirect("login-code")


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


@method_decorator([login_not_required, never_cache], name="dispatch")
class LoginCode(FormView):  # type: ignore[type-arg]
    """Asks for the code of whoever has just given the right password."""

    template_name = "login_code.html"
    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.person = _who_gave_the_password(request)
        if self.person is None:
            return redirect("login")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        person = self.person
        assert person is not None
        try:
            check_code(self.request, person, form.cleaned_data["code"])
        except second_factor.WrongCode as wrong:
            form.add_error("code", str(wrong))
            return self.form_invalid(form)
        to = str(self.request.session.pop(_KEY)["next"])
        login(self.request, person, backend=BACKEND)
        return redirect(to)


def check_code(request: HttpRequest, person: User, code: str) -> None:
    """Take a code of the person. Wrong ones count like wrong passwords, and lock out like them.

    Raises second_factor.WrongCode, and PermissionDenied for who is locked out: axes answers it.
    """
    credentials = {"username": person.get_username()}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out = True  # type: ignore[attr-defined]
        raise PermissionDenied("Too many failed attempts to sign in.")
    try:
        second_factor.check(person, code)
    except second_factor.WrongCode:
        user_login_failed.send(__name__, credentials=credentials, request=request)
        raise


def _who_gave_the_password(request: HttpRequest) -> User | None:
    pending = request.session.get(_KEY)
    if not pending or pending["until"] < time.time():
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True, service_of=None).first()
    same = user and constant_time_compare(pending["hash"], user.get_session_auth_hash())
    return user if same else None
