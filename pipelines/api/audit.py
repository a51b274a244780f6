"""The audit log: list with filters, and export."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from pipelines.teams import queries
from pipelines.teams.access import Denied
from pipelines.teams.models import AuditEntry, Team
from pipelines.teams.roles import Action

from .filters import MomentFilter
from .shapes.audit import COLUMNS, AuditEntrySerializer, AuditFormatSerializer, entry
from .streams import attachment

_BATCH = 500


class AuditFilters(django_filters.FilterSet):
    team = django_filters.CharFilter(
        method="filter_team", max_length=63, help_text="Id or slug of a team."
    )
    actor = django_filters.CharFilter(max_length=150, help_text="A username.")
    token = django_filters.CharFilter(
        lookup_expr="icontains", max_length=140, help_text="Part of the token's name."
    )
    ip = django_filters.CharFilter(
        lookup_expr="startswith", max_length=45, help_text="An address, or how it begins."
    )
    action = django_filters.CharFilter(
        method="filter_action", max_length=60, help_text="`pipeline.edit`, or `pipeline` for all."
    )
    outcome = django_filters.ChoiceFilter(choices=[("done", "done"), ("denied", "denied")])
    object_type = django_filters.CharFilter(max_length=40, help_text="`pipeline`, `run`, …")
    object_id = django_filters.CharFilter(max_length=100)
    request_id = django_filters.CharFilter(max_length=64)
    after = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")
    search = django_filters.CharFilter(
        method="filter_search",
        max_length=200,
        help_text="Part of a name, of an address, or of what was changed.",
    )

    class Meta:
        model = AuditEntry
        fields = ("actor", "outcome", "object_type", "object_id", "request_id")

    def filter_team(
        self, entries: QuerySet[AuditEntry], name: str, value: str
    ) -> QuerySet[AuditEntry]:
        try:
            return entries.filter(team_id=UUID(value))
        except ValueError:
            return entries.filter(team_id__in=Team.objects.filter(slug=value).values("pk"))

    def filter_action(
        self, entries: QuerySet[AuditEntry], name: str, value: str
    ) -> QuerySet[AuditEntry]:
        return entries.filter(Q(action=value) | Q(action__startswith=f"{value}."))

    def filter_search(
        self, entries: QuerySet[AuditEntry], name: str, value: str
    ) -> QuerySet[AuditEntry]:
        wanted = Q()
        for field in ("actor", "token", "action", "object_name", "ip", "before", "after"):
            wanted |= Q(**{f"{field}__icontains": value})
        return entries.filter(wanted)


class _Log(GenericAPIView[AuditEntry]):
    filterset_class = AuditFilters
    queryset = AuditEntry.objects.none()

    def get_queryset(self) -> QuerySet[AuditEntry]:
        user = self.request.user
        if not queries.may_audit(user):
            raise Denied(
                "Only an administrator of a team may read its audit log; ask one of them.",
                Action.AUDIT,
            )
        return queries.audit_entries(user)


class Entries(_Log):
    serializer_class = AuditEntrySerializer

    @extend_schema(operation_id="audit_list", responses=AuditEntrySerializer(many=True))
    def get(self, request: Request) -> Response:
        """Who did what in the teams that you administer, newest first; also what was denied."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response([entry(row) for row in page])


class Export(_Log):
    @extend_schema(
        operation_id="audit_export",
        parameters=[AuditFormatSerializer],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/jsonl"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The same entries with the same filters as one file: CSV, or with `as=jsonl` JSON Lines."""
        form = AuditFormatSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        entries = self.filter_queryset(self.get_queryset())
        if form.validated_data["as"] == "csv":
            return attachment(request, _csv(entries), "audit.csv", "text/csv; charset=utf-8")
        return attachment(request, _jsonl(entries), "audit.jsonl", "application/jsonl")


def _jsonl(entries: QuerySet[AuditEntry]) -> Iterator[bytes]:
    for rows in _batches(entries):
        yield "".join(json.dumps(entry(row), default=str) + "\n" for row in rows).encode()


def _csv(entries: QuerySet[AuditEntry]) -> Iterator[bytes]:
    def text(write: Callable[[Any], None]) -> bytes:
        out = io.StringIO()
        write(csv.writer(out))
        return out.getvalue().encode()

    yield text(lambda writer: writer.writerow(COLUMNS))
    for rows in _batches(entries):
        lines = [[_cell(row, name) for name in COLUMNS] for row in rows]
        yield text(lambda writer, lines=lines: writer.writerows(lines))  # type: ignore[misc]


def _cell(row: AuditEntry, name: str) -> str:
    """A value as text; what a spreadsheet would take for a formula is shown as it is."""
    if name == "at":
        return row.at.isoformat()
    value = row.team_id if name == "team" else getattr(row, name)
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _batches(entries: QuerySet[AuditEntry]) -> Iterator[list[AuditEntry]]:
    """By number instead of with a cursor: what is written meanwhile moves nothing."""
    last: int | None = None
    while rows := list((entries if last is None else entries.filter(id__lt=last))[:_BATCH]):
        yield rows
        last = rows[-1].pk
