"""The page on which a person sets up, renews and removes the second factor."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.views import View
from django.views.decorators.cache import never_cache

from . import second_factor
from .models import RecoveryCode, User
from .signing_in import CodeForm, check_code


class SureForm(forms.Form):
    """Who asks, once more: a session that somebody left open must not change how one signs in."""

    password = forms.CharField(
        label="Your password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = CodeForm.base_fields["code"]

    def __init__(self, request: HttpRequest, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user
        if not user.has_usable_password():
            del self.fields["password"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        if "password" in given and not self.user.check_password(given["password"]):
            self.add_error("password", "The password is not right. Type it again.")
            return given
        try:
            check_code(self.request, self.user, given["code"])
        except second_factor.WrongCode as wrong:
            self.add_error("code", str(wrong))
        return given


@method_decorator(never_cache, name="dispatch")
class SecondFactorPage(View):
    """Set-up while there is none; what there is, and its removal, afterwards."""

    http_method_names = ("get", "post")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User) or request.user.token is not None:
            return redirect(settings.LOGIN_URL)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        user = _person(request)
        if second_factor.of(user) is None:
            return _set_up(request, user, CodeForm())
        return _state(request, user, SureForm(request, user))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _person(request)
        if second_factor.of(user) is None:
            return self._confirm(request, user)
        form = SureForm(request, user, request.POST)
        if not form.is_valid():
            return _state(request, user, form)
        if request.POST.get("do") == "renew":
            return _codes(request, second_factor.renew_codes(user), "Your new recovery codes")
        second_factor.remove(user, user)
        return redirect("second-factor" if second_factor.required() else "/account")

    def _confirm(self, request: HttpRequest, user: User) -> HttpResponse:
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                codes = second_factor.confirm(user, form.cleaned_data["code"])
            except second_factor.WrongCode as wrong:
                form.add_error("code", str(wrong))
            else:
                return _codes(request, codes, "Two-step sign-in is on")
        return _set_up(request, user, form)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _set_up(request: HttpRequest, user: User, form: CodeForm) -> HttpResponse:
    factor = second_factor.begin(user)
    key = second_factor.key(factor)
    shown = {
        "form": form,
        "key": " ".join(key[at : at + 4] for at in range(0, len(key), 4)),
        "address": second_factor.address(factor),
        # Made by us of letters and digits; the template would else show its source.
        "picture": mark_safe(second_factor.picture(factor)),  # noqa: S308
        "required": second_factor.required(),
    }
    return render(request, "second_factor_setup.html", shown)


def _state(request: HttpRequest, user: User, form: SureForm) -> HttpResponse:
    shown = {
        "form": form,
        "factor": second_factor.of(user),
        "left": RecoveryCode.objects.filter(user=user, used_at=None).count(),
        "required": second_factor.required(),
    }
    return render(request, "second_factor.html", shown)


def _codes(request: HttpRequest, codes: list[str], title: str) -> HttpResponse:
    return render(request, "recovery_codes.html", {"codes": codes, "title": title})
