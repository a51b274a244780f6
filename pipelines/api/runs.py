"""Runs: list, start, look at, cancel, clone."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.designs import access as designs
from pipelines.designs.actions import Busy
from pipelines.runs import access, actions, queries
from pipelines.runs.models import Run, RunState
from pipelines.runs.retention import pins
from pipelines.teams.access import Action

from .authentication import person
from .filters import MomentFilter, StableOrdering, TeamFilter
from .refusals import Conflict
from .shapes.common import ProblemSerializer
from .shapes.runs import (
    CloneRunSerializer,
    PinSerializer,
    RunRowSerializer,
    RunSerializer,
    StartRunSerializer,
)
from .versions import pinned_specs


class RunFilters(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(
        choices=RunState.choices, help_text="May be given several times."
    )
    pipeline = django_filters.UUIDFilter(field_name="pipeline_id")
    version = django_filters.NumberFilter(
        field_name="version__number", min_value=1, max_value=2_000_000_000, help_text="A number."
    )
    created_by = django_filters.CharFilter(
        field_name="created_by__username", max_length=150, help_text="A username."
    )
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    waits_for_approval = django_filters.BooleanFilter(
        method="filter_waiting",
        help_text="Runs in which a person is asked to decide, in child runs as well.",
    )
    pinned = django_filters.BooleanFilter(
        field_name="pinned_at", lookup_expr="isnull", exclude=True, help_text="Pinned runs alone."
    )
    team = TeamFilter()
    ordering = StableOrdering(
        fields={
            "created_at": "created_at",
            "started_at": "started_at",
            "ended_at": "ended_at",
            "number": "number",
            "state": "state",
        }
    )

    def filter_waiting(self, runs: QuerySet[Run], name: str, value: bool) -> QuerySet[Run]:
        return queries.waiting_for_approval(runs, value)

    class Meta:
        model = Run
        fields = ("state", "pipeline", "created_by", "created_after", "created_before", "team")


class Runs(GenericAPIView[Run]):
    serializer_class = RunRowSerializer
    filterset_class = RunFilters
    queryset = Run.objects.none()

    def get_queryset(self) -> QuerySet[Run]:
        return queries.list_runs(self.request.user)

    @extend_schema(operation_id="runs_list", responses=RunRowSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The runs of your teams, newest first, without their nodes."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(queries.rows(page))


class PipelineRuns(Runs):
    def get_queryset(self) -> QuerySet[Run]:
        pipeline = designs.pipeline(self.request.user, self.kwargs["id"], Action.VIEW, draft=False)
        return super().get_queryset().filter(pipeline=pipeline)

    @extend_schema(operation_id="pipelines_runs_list", responses=RunRowSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The runs of one pipeline, newest first, without their nodes."""
        return super().get(request, **kwargs)

    @extend_schema(
        operation_id="runs_start",
        request=StartRunSerializer,
        responses={
            201: RunSerializer,
            200: RunSerializer,
            409: ProblemSerializer,
            422: ProblemSerializer,
        },
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Start a run; 200 with the run that an earlier call with the same key started."""
        pipeline = designs.pipeline(request.user, id, Action.RUN)
        form = StartRunSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            run = actions.start(
                pipeline,
                version=given.get("version"),
                parameters=given["parameters"],
                user=person(request),
                idempotency_key=given.get("idempotency_key"),
                priority=given.get("priority", 0),
                max_parallel=given.get("max_parallel"),
                use_cache=given.get("cache", True),
            )
        except Busy as busy:
            raise Conflict(str(busy)) from busy
        return Response(
            whole(run), status=status.HTTP_200_OK if run.repeated else status.HTTP_201_CREATED
        )


class RunPage(APIView):
    @extend_schema(operation_id="runs_get", responses=RunSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """A run with its nodes, and its graph as it was."""
        return Response(whole(access.run(request.user, id, Action.VIEW)))


class Cancel(APIView):
    @extend_schema(
        operation_id="runs_cancel",
        request=None,
        responses={200: RunSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Stop the run and everything it is doing; 409 when it is over already."""
        run = access.run(request.user, id, Action.CANCEL)
        try:
            return Response(whole(actions.cancel(run, person(request))))
        except actions.RunEnded as ended:
            raise Conflict(str(ended)) from ended


class Pin(APIView):
    @extend_schema(
        operation_id="runs_pin",
        request=PinSerializer,
        responses={200: RunSerializer, 409: ProblemSerializer},
    )
    def put(self, request: Request, id: UUID) -> Response:
        """Keep the run, its logs and its artifacts until it is unpinned; 409 for a child run."""
        run = access.run(request.user, id, Action.RUN)
        form = PinSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            return Response(whole(pins.pin(run, form.validated_data["reason"], person(request))))
        except pins.CannotPin as refused:
            raise Conflict(str(refused)) from refused

    @extend_schema(operation_id="runs_unpin", responses={200: RunSerializer})
    def delete(self, request: Request, id: UUID) -> Response:
        """Let the team's retention decide about the run again."""
        run = access.run(request.user, id, Action.RUN)
        return Response(whole(pins.unpin(run, person(request))))


class Clone(APIView):
    @extend_schema(
        operation_id="runs_clone",
        request=CloneRunSerializer,
        responses={201: RunSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Start a new run of the same version; what is given overrides what the run had."""
        run = access.run(request.user, id, Action.RUN)
        form = CloneRunSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        made = actions.clone(
            run,
            given.get("parameters"),
            person(request),
            priority=given.get("priority"),
            max_parallel=given.get("max_parallel"),
            use_cache=given.get("cache"),
        )
        return Response(whole(made), status=status.HTTP_201_CREATED)


def whole(run: Run) -> dict[str, Any]:
    """The run's JSON with its nodes, its definition and the specs that it pinned."""
    return {
        **queries.snapshot(run),
        "definition": run.version.definition,
        "components": pinned_specs(run.version),
    }
