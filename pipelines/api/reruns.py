"""Running again: resume, from here, to here, only these, with other parameters."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.core.reuse import Mode
from pipelines.designs import access as designs
from pipelines.designs.actions import Busy
from pipelines.designs.models import Pipeline
from pipelines.runs import access, reruns
from pipelines.runs.models import Run
from pipelines.runs.reruns import Asked
from pipelines.teams.access import Action

from .authentication import person
from .refusals import Conflict
from .runs import whole
from .shapes.common import ProblemSerializer
from .shapes.runs import (
    OutlookSerializer,
    RerunSerializer,
    ResumeSerializer,
    RunSerializer,
    RunToSerializer,
)

_ANSWERS = {
    201: RunSerializer,
    200: OutlookSerializer,
    409: ProblemSerializer,
    422: ProblemSerializer,
}


class Resume(APIView):
    @extend_schema(operation_id="runs_resume", request=ResumeSerializer, responses=_ANSWERS)
    def post(self, request: Request, id: UUID) -> Response:
        """Start a new run that keeps what succeeded and runs the rest; with `dry_run`, tell only.

        409 while the run is not over.
        """
        run = access.run(request.user, id, Action.RUN)
        given = _given(ResumeSerializer, request)
        return _answer(request, run.pipeline, run, _asked(given, Mode.RESUME), given["dry_run"])


class Rerun(APIView):
    @extend_schema(operation_id="runs_rerun", request=RerunSerializer, responses=_ANSWERS)
    def post(self, request: Request, id: UUID) -> Response:
        """Start a new run from, to, or of some nodes alone; with `dry_run`, tell what would be kept
        and what would run.

        Other parameters for nodes (`params`) take the role that editing takes: a node's parameters
        may be code. 409 while the run is not over.
        """
        run = access.run(request.user, id, Action.RUN)
        given = _given(RerunSerializer, request)
        if any(given["params"].values()):
            access.run(request.user, id, Action.EDIT)
        asked = _asked(given, Mode(given["mode"]))
        return _answer(request, run.pipeline, run, asked, given["dry_run"])


class RunTo(APIView):
    @extend_schema(operation_id="pipelines_run_to", request=RunToSerializer, responses=_ANSWERS)
    def post(self, request: Request, id: UUID) -> Response:
        """Start a run of some nodes and all that they need, without any earlier run."""
        pipeline = designs.pipeline(request.user, id, Action.RUN)
        given = _given(RunToSerializer, request)
        return _answer(request, pipeline, None, _asked(given, Mode.TO), given["dry_run"])


def _given(form: type[serializers.Serializer[Any]], request: Request) -> Mapping[str, Any]:
    filled = form(data=request.data)
    filled.is_valid(raise_exception=True)
    values: Mapping[str, Any] = filled.validated_data
    return values


def _asked(given: Mapping[str, Any], mode: Mode) -> Asked:
    return Asked(
        mode=mode,
        nodes=frozenset(given.get("nodes", ())),
        version=given.get("version"),
        parameters=given["parameters"],
        params=given.get("params", {}),
    )


def _answer(
    request: Request, pipeline: Pipeline, origin: Run | None, asked: Asked, dry_run: bool
) -> Response:
    try:
        if dry_run:
            return Response(reruns.preview(pipeline, origin, asked).as_json())
        run = reruns.start(pipeline, origin, asked, person(request))
    except (reruns.RunNotOver, Busy) as refused:
        raise Conflict(str(refused)) from refused
    return Response(whole(run), status=status.HTTP_201_CREATED)
