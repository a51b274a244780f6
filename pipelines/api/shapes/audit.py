"""Entries of the audit log."""

import json
from typing import Any

from rest_framework import serializers

from pipelines.teams.models import AuditEntry

from .common import Shape
from .fields import JsonValue

#: The columns of an export, in their order.
COLUMNS = [
    "id",
    "at",
    "team",
    "actor_kind",
    "actor_id",
    "actor",
    "token",
    "action",
    "outcome",
    "object_type",
    "object_id",
    "object_name",
    "before",
    "after",
    "ip",
    "request_id",
    "digest",
]


class AuditEntrySerializer(Shape):
    """Who did what to what, when and from where. Secrets in it are redacted."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    team = serializers.UUIDField(allow_null=True, help_text="Null for the whole Penstock.")
    actor_kind = serializers.ChoiceField(choices=["person", "service", "anonymous", "system"])
    actor_id = serializers.IntegerField(allow_null=True)
    actor = serializers.CharField(help_text="The username at that time.")
    token = serializers.CharField(help_text="The token that was used; empty for a session.")
    action = serializers.CharField(help_text="`noun.verb`; for what was denied, the action.")
    outcome = serializers.ChoiceField(choices=["done", "denied"])
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    object_name = serializers.CharField()
    before = JsonValue(allow_null=True)
    after = JsonValue(allow_null=True)
    ip = serializers.CharField()
    request_id = serializers.CharField()
    digest = serializers.CharField()


class HistoryEntrySerializer(Shape):
    """What was done to one thing, for those who may look at it."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor_kind = serializers.ChoiceField(choices=["person", "service", "anonymous", "system"])
    actor = serializers.CharField(help_text="The username at that time.")
    token = serializers.CharField(help_text="The token that was used; empty for a session.")
    action = serializers.CharField()
    before = JsonValue(allow_null=True)
    after = JsonValue(allow_null=True)
    ip = serializers.CharField(help_text="For those who may read the team's audit log; else empty.")
    request_id = serializers.CharField(help_text="As `ip`.")


class AuditFormatSerializer(Shape):
    as_ = serializers.ChoiceField(choices=["csv", "jsonl"], default="csv")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`as` is a word of Python's."""
        return {"as": super().get_fields()["as_"]}


def entry(row: AuditEntry) -> dict[str, Any]:
    """An entry as JSON."""
    return {
        **{name: getattr(row, name) for name in COLUMNS if name not in ("team", "before", "after")},
        "team": row.team_id,
        "before": json.loads(row.before),
        "after": json.loads(row.after),
    }


def history_entry(row: AuditEntry, *, whole: bool) -> dict[str, Any]:
    """An entry as it stands in the history of its object; `whole` with where it came from."""
    told = entry(row)
    hidden = {} if whole else {"ip": "", "request_id": ""}
    return {name: told[name] for name in HistoryEntrySerializer().get_fields()} | hidden
