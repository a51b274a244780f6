"""The administration of limits. Workers are there by themselves and can only be looked at."""

from django.contrib import admin
from django.http import HttpRequest

from pipelines.teams.admin import Audited

from .models import Limit, Worker


@admin.register(Limit)
class LimitAdmin(Audited):
    """A limit of a pool or queue is named; one of a team chooses the team and leaves the name empty."""

    fieldsets = (
        (
            None,
            {
                "fields": ("scope", "name", "team", "slots"),
                "description": "How many nodes may be at work at the same time. A pool or a queue is named; "
                "for a team leave the name empty and choose the team.",
            },
        ),
    )
    list_display = ("scope", "name", "team", "slots")
    list_editable = ("slots",)
    list_filter = ("scope",)
    autocomplete_fields = ("team",)


@admin.register(Worker)
class WorkerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "queues", "slots", "busy", "isolation", "seen_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Worker | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Worker | None = None) -> bool:
        return False
