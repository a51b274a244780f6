"""What belongs to a run: its events, artifacts, nodes and logs."""

from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.runs import access, logs, queries
from pipelines.runs.models import Run
from pipelines.teams.access import Action

from .shapes.common import PositionSerializer
from .shapes.runs import (
    EventsSerializer,
    LogQuerySerializer,
    LogSerializer,
    NodeRunDetailSerializer,
    RunArtifactSerializer,
)
from .streams import attachment

_EMPTY_LOG = logs.LogPiece(
    attempt=0,
    offset=0,
    next_offset=0,
    size=0,
    first_line=0,
    lines=0,
    text="",
    complete=False,
    truncated=False,
)


class Events(APIView):
    @extend_schema(
        operation_id="runs_events", parameters=[PositionSerializer], responses=EventsSerializer
    )
    def get(self, request: Request, id: UUID) -> Response:
        """The run's events in order; the same that the WebSocket sends."""
        run = access.run(request.user, id, Action.VIEW)
        form = PositionSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        limit = form.validated_data["limit"]
        events = queries.events_after(run.pk, form.validated_data["after"], limit)
        more = len(events) == limit and events[-1]["seq"] < run.last_seq
        return Response({"results": events, "next_after": events[-1]["seq"] if more else None})


class RunArtifacts(GenericAPIView[Run]):
    filter_backends = ()
    serializer_class = RunArtifactSerializer
    queryset = Run.objects.none()

    @extend_schema(operation_id="runs_artifacts", responses=RunArtifactSerializer(many=True))
    def get(self, request: Request, id: UUID) -> Response:
        """The artifacts that the run's nodes produced, in the order of the nodes."""
        found = queries.artifacts(access.run(request.user, id, Action.VIEW))
        return self.get_paginated_response(self.paginate_queryset(found))


class RunNode(APIView):
    @extend_schema(operation_id="runs_node", responses=NodeRunDetailSerializer)
    def get(self, request: Request, id: UUID, node: str) -> Response:
        """One node with its attempts, its metrics and all its values in full."""
        return Response(queries.node(access.run(request.user, id, Action.VIEW), node))


class Log(APIView):
    @extend_schema(
        operation_id="runs_log",
        parameters=[LogQuerySerializer],
        responses={(200, "application/json"): LogSerializer, (200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request, id: UUID, node: str) -> HttpResponseBase:
        """A piece of an attempt's log, or with `download=1` all of it as a text file.

        Before the first attempt it is empty, and `attempt` is 0.
        """
        run = access.run(request.user, id, Action.VIEW)
        form = LogQuerySerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        query = form.validated_data
        attempt = queries.attempt(run, node, query.get("attempt"))
        if query["download"]:
            chunks = logs.whole(attempt) if attempt is not None else iter(())
            name = f"{run.pipeline.name} {run.number} {node}.log"
            return attachment(
                request, (text.encode() for text in chunks), name, "text/plain; charset=utf-8"
            )
        if attempt is None:
            return Response(_EMPTY_LOG.as_json())
        piece = logs.read(attempt, query["offset"], query["limit"], query.get("tail"))
        return Response(piece.as_json())
