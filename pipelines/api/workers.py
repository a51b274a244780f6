"""The workers that are there, and what would wait for one."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.designs import access as designs
from pipelines.runs import announcements, capabilities
from pipelines.runs.models import Worker
from pipelines.teams.access import Action

from .shapes.designs import ProblemsSerializer
from .shapes.workers import RunCheckSerializer, WorkerSerializer


class Workers(GenericAPIView[Worker]):
    serializer_class = WorkerSerializer
    queryset = Worker.objects.none()

    def get_queryset(self) -> QuerySet[Worker]:
        return announcements.living().order_by("host", "name")

    @extend_schema(operation_id="workers_list", responses=WorkerSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The living workers: what each serves and has. They belong to no team."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(WorkerSerializer(page, many=True).data)


class RunCheck(APIView):
    @extend_schema(
        operation_id="pipelines_run_check",
        request=RunCheckSerializer,
        responses=ProblemsSerializer,
    )
    def post(self, request: Request, id: UUID) -> Response:
        """What would wait in a run, as no living worker can run it. Nothing is started."""
        pipeline = designs.pipeline(request.user, id, Action.VIEW)
        form = RunCheckSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        version = form.validated_data.get("version")
        number = pipeline.latest_version if version is None else version
        found = capabilities.warnings(pipeline, None if number == "draft" else number)
        return Response({"problems": [problem.model_dump() for problem in found]})
