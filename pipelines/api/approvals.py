"""What waits for a person's decision, in runs and in their child runs."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from pipelines.runs import decisions
from pipelines.runs.models import Approval

from .shapes.runs import OpenApprovalSerializer


class ApprovalFilters(django_filters.FilterSet):
    run = django_filters.UUIDFilter(
        method="filter_run", help_text="In this run and all child runs in it."
    )
    mine = django_filters.BooleanFilter(
        method="filter_mine", help_text="Those on which your role is high enough to decide."
    )

    def filter_run(self, rows: QuerySet[Approval], name: str, value: UUID) -> QuerySet[Approval]:
        return decisions.inside(rows, value)

    def filter_mine(self, rows: QuerySet[Approval], name: str, value: bool) -> QuerySet[Approval]:
        return decisions.decidable(rows, self.request.user) if value and self.request else rows

    class Meta:
        model = Approval
        fields = ("run", "mine")


class Approvals(GenericAPIView[Approval]):
    serializer_class = OpenApprovalSerializer
    filterset_class = ApprovalFilters
    queryset = Approval.objects.none()

    def get_queryset(self) -> QuerySet[Approval]:
        return decisions.asked(self.request.user)

    @extend_schema(operation_id="approvals_list", responses=OpenApprovalSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """What waits for a decision in your teams, the longest wait first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(decisions.asked_json(page, request.user))
