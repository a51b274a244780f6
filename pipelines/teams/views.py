"""Pages that are there before the application: links that sign in or invite, signing out, the password."""

from typing import Any

from django import forms
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.views import LogoutView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from . import actions, hints, members, tokens
from .models import Invitation, User
from .signing_in import BACKEND

_MAX_PASSWORD = 4096


class Logout(LogoutView):
    """By POST alone, so that no foreign page can sign people out. Open sockets close at once."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        response = super().post(request, *args, **kwargs)
        # Only now has the session ended.
        if isinstance(user, User):
            hints.access_changed([user.pk])
        return response


@method_decorator([login_not_required, never_cache], name="dispatch")
class Welcome(View):
    """The one-time link: signs its person in and is used up. HEAD uses nothing up."""

    http_method_names = ("get",)

    def get(self, request: HttpRequest, secret: str) -> HttpResponseBase:
        user = tokens.use_login_link(secret)
        if user is not None:
            login(request, user, backend=BACKEND)
        elif not request.user.is_authenticated:
            return render(request, "link_used.html", status=410)
        return redirect(_next(request))


class NewPersonForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """An account for somebody who was invited."""

    class Meta:
        model = User
        fields = ("username",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = "Password"
        self.fields["password2"].label = "Password, again"


@method_decorator([login_not_required, never_cache], name="dispatch")
class AcceptInvitation(View):
    """The link of an invitation: who is signed in joins, anybody else makes an account first."""

    http_method_names = ("get", "post")

    def get(self, request: HttpRequest, secret: str) -> HttpResponseBase:
        invitation = members.open_invitation(secret)
        if invitation is None:
            return self._over(request)
        form = None if request.user.is_authenticated else NewPersonForm()
        return self._page(request, invitation, form)

    def post(self, request: HttpRequest, secret: str) -> HttpResponseBase:
        invitation = members.open_invitation(secret)
        if invitation is None:
            return self._over(request)
        if request.user.is_authenticated:
            joined = members.accept(invitation, request.user)
            return redirect("/") if joined else self._over(request)
        form = NewPersonForm(request.POST)
        if not form.is_valid():
            return self._page(request, invitation, form)
        with transaction.atomic():
            user = form.save()
            joined = members.accept(invitation, user)
            if not joined:
                # Whoever was quicker has the place; an account that is in no team helps nobody.
                transaction.set_rollback(True)
        if not joined:
            return self._over(request)
        login(request, user, backend=BACKEND)
        return redirect("/")

    def _page(
        self, request: HttpRequest, invitation: Invitation, form: NewPersonForm | None
    ) -> HttpResponse:
        return render(request, "invitation.html", {"invitation": invitation, "form": form})

    def _over(self, request: HttpRequest) -> HttpResponse:
        return render(request, "invitation_used.html", status=410)


class PasswordForm(forms.Form):
    current = forms.CharField(
        label="Current password",
        max_length=_MAX_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new = forms.CharField(
        label="New password",
        max_length=_MAX_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="New password, again",
        max_length=_MAX_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            del self.fields["current"]

    def clean(self) -> dict[str, Any]:
        """Set the password, or say at which field what is wrong."""
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        if given["new"] != given["again"]:
            self.add_error("again", "The two new passwords are not the same. Type them again.")
            return given
        try:
            actions.change_password(self.user, given["new"], given.get("current"))
        except actions.WrongPassword as error:
            self.add_error("current", str(error))
        except ValidationError as error:
            self.add_error("new", error)
        return given


class Password(FormView):  # type: ignore[type-arg]
    template_name = "password.html"
    form_class = PasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        update_session_auth_hash(self.request, form.user)
        hints.access_changed([form.user.pk])
        return redirect(_next(self.request))


def _next(request: HttpRequest) -> str:
    """`?next=` if it leads to this site, else the start page."""
    target = request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if allowed else "/"
