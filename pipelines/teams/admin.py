"""The administration of people and teams. What is immutable can be looked at, not edited."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from . import audit, hints, policies, second_factor
from .models import ApiToken, Membership, Team, TeamPolicy, User

admin.site.site_header = "Penstock administration"
admin.site.site_title = "Penstock"
admin.site.index_title = "People and teams"
admin.site.site_url = "/"


class Audited(admin.ModelAdmin):  # type: ignore[type-arg]
    """What is done here is told in the audit log, in the transaction that does it."""

    def log_addition(self, request: HttpRequest, object: Any, message: Any) -> Any:
        self._record("create", request, object, message)
        return super().log_addition(request, object, message)

    def log_change(self, request: HttpRequest, object: Any, message: Any) -> Any:
        self._record("change", request, object, message)
        return super().log_change(request, object, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for each in queryset:
            self._record("delete", request, each, None)
        return super().log_deletions(request, queryset)

    def _record(self, verb: str, request: HttpRequest, thing: Any, message: Any) -> None:
        team = thing.pk if isinstance(thing, Team) else getattr(thing, "team_id", None)
        name = str(self.model._meta.model_name)
        audit.record(f"{name}.{verb}", thing, team=team, user=request.user, after=message)
        hints.access_changed(_concerned(thing))


def _concerned(thing: Any) -> list[int]:
    """The people whose open sockets have to ask again after a change of it."""
    if isinstance(thing, User):
        return [thing.pk]
    if isinstance(thing, Team):
        return list(thing.memberships.values_list("user_id", flat=True))
    return [thing.user_id] if isinstance(thing, ApiToken) else []


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    autocomplete_fields = ("user", "team")


@admin.register(User)
class PersonAdmin(Audited, UserAdmin):  # type: ignore[type-arg]
    inlines = (MembershipInline,)
    actions = ("reset_second_factor",)

    @admin.action(description="Reset two-step sign-in", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """For who has lost the phone and the recovery codes. They sign in by password alone then."""
        by = request.user if isinstance(request.user, User) else None
        done = sum(second_factor.remove(person, by) for person in people)
        self.message_user(request, f"Two-step sign-in was reset for {done} of {len(people)}.")


@admin.register(Team)
class TeamAdmin(Audited):
    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    readonly_fields = ("created_at",)
    inlines = (MembershipInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Team | None = None) -> bool:
        """A team owns its runs and artifacts; deleting it would delete what must stay."""
        return False


@admin.register(TeamPolicy)
class TeamPolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Retention and quotas, also of teams that one is not in. `policies.change` tells the audit log."""

    list_display = ("team", *policies.RETENTION, *policies.QUOTAS)
    autocomplete_fields = ("team",)
    fieldsets = (
        (
            None,
            {
                "fields": ("team",),
                "description": "Empty is what the whole Penstock has; 0 is for ever, and without a limit.",
            },
        ),
        ("How long things are kept", {"fields": policies.RETENTION}),
        ("Quotas", {"fields": policies.QUOTAS}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: TeamPolicy | None = None) -> Any:
        return ("team",) if obj else ()

    def save_model(self, request: HttpRequest, obj: TeamPolicy, form: Any, change: bool) -> None:
        named = [name for name in form.changed_data if name != "team"]
        TeamPolicy.objects.get_or_create(team=obj.team)
        values = {name: getattr(obj, name) for name in named}
        policies.change(obj.team, values, request.user if isinstance(request.user, User) else None)

    def has_delete_permission(self, request: HttpRequest, obj: TeamPolicy | None = None) -> bool:
        """A policy is emptied, not deleted: then it is told what changed."""
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(Audited):
    """Tokens can be revoked here; they are made by their owners."""

    list_display = ("user", "name", "prefix", "created_at", "last_used_at")
    search_fields = ("user__username", "name", "prefix")
    fields = ("user", "name", "prefix", "created_at", "last_used_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False
