"""What belongs to a run: its events, artifacts, nodes and logs."""

from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.runs import access, decisions, logs, queries
from pipelines.runs.environments import queries as environments
from pipelines.runs.models import NodeRun, Run
from pipelines.teams.access import Action

from .authentication import person
from .refusals import Conflict
from .shapes.common import PositionSerializer, ProblemSerializer
from .shapes.runs import (
    DecisionSerializer,
    EventsSerializer,
    ItemQuerySerializer,
    ItemSerializer,
    LogQuerySerializer,
    LogSerializer,
    NodeRunDetailSerializer,
    RunArtifactSerializer,
    RunRowSerializer,
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
        run = access.run(request.user, id, Action.VIEW)
        return Response(queries.node(run, node, request.user))


class Items(GenericAPIView[NodeRun]):
    filter_backends = ()
    serializer_class = ItemSerializer
    queryset = NodeRun.objects.none()

    @extend_schema(
        operation_id="runs_items",
        parameters=[ItemQuerySerializer],
        responses=ItemSerializer(many=True),
    )
    def get(self, request: Request, id: UUID, node: str) -> Response:
        """The items of a node that maps over a list, in the order of the list."""
        form = ItemQuerySerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        found = queries.items(access.run(request.user, id, Action.VIEW), node)
        if state := form.validated_data.get("state"):
            found = found.filter(state=state)
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response([queries.item(row) for row in page])


class ChildRuns(GenericAPIView[Run]):
    filter_backends = ()
    serializer_class = RunRowSerializer
    queryset = Run.objects.none()

    @extend_schema(operation_id="runs_children", responses=RunRowSerializer(many=True))
    def get(self, request: Request, id: UUID, node: str) -> Response:
        """The runs of a sub-pipeline: one, or one for each round of a loop."""
        found = queries.child_runs(access.run(request.user, id, Action.VIEW), node)
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(queries.rows(page))


class Decision(APIView):
    @extend_schema(
        operation_id="runs_decide",
        request=DecisionSerializer,
        responses={
            200: NodeRunDetailSerializer,
            409: ProblemSerializer,
            422: ProblemSerializer,
        },
    )
    def post(self, request: Request, id: UUID, node: str) -> Response:
        """Approve or reject what the node waits for; 409 when it waits for nobody any more."""
        run = access.run(request.user, id, Action.APPROVE)
        queries.node_run(run, node)
        form = DecisionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            decisions.decide(
                run,
                node,
                approved=given["approve"],
                user=person(request),
                values=given["values"],
                comment=given["comment"],
            )
        except decisions.NotWaiting as late:
            raise Conflict(str(late)) from late
        return Response(queries.node(run, node, request.user))


class Log(APIView):
    @extend_schema(
        operation_id="runs_log",
        parameters=[LogQuerySerializer],
        responses={(200, "application/json"): LogSerializer, (200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request, id: UUID, node: str) -> HttpResponseBase:
        """A piece of an attempt's log, or with `download=1` all of it as a text file.

        Attempt 0 is the building of the node's environment, which is also shown while the node
        waits for it. Before the first attempt the log is else empty, and `attempt` is 0.
        """
        run = access.run(request.user, id, Action.VIEW)
        form = LogQuerySerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        query = form.validated_data
        number = query.get("attempt")
        build = environments.build_with_log(queries.node_run(run, node), number)
        attempt = queries.attempt(run, node, number) if build is None and number != 0 else None
        cleaned_at = run.logs_cleaned_at if attempt is not None else None
        if query["download"]:
            chunks = (
                logs.whole(attempt) if attempt is not None else iter((build.log,) if build else ())
            )
            if cleaned_at is not None:
                chunks = iter((logs.cleaned_words(cleaned_at),))
            name = f"{run.pipeline.name} {run.number} {node}.log"
            return attachment(
                request, (text.encode() for text in chunks), name, "text/plain; charset=utf-8"
            )
        if build is not None:
            over = build.state != "running"
            place = {name: query.get(name) for name in ("offset", "limit", "tail")}
            return Response(logs.of_text(build.log, complete=over, **place).as_json())
        if attempt is None:
            return Response(_EMPTY_LOG.as_json())
        if cleaned_at is not None:
            return Response(logs.cleaned(attempt, cleaned_at).as_json())
        piece = logs.read(attempt, query["offset"], query["limit"], query.get("tail"))
        return Response(piece.as_json())
