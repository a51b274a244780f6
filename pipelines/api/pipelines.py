"""Pipelines: list, create, look at, archive; and their drafts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import OuterRef, QuerySet, Subquery
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.designs import access, actions, queries
from pipelines.designs.catalog import spec_of
from pipelines.designs.models import Pipeline, PipelineVersion
from pipelines.runs.models import Run
from pipelines.teams.access import Action, team_or_default

from .authentication import person
from .filters import StableOrdering, TeamFilter
from .matching import IF_MATCH, base_revision
from .problems import problem
from .shapes.common import ProblemSerializer
from .shapes.designs import (
    CurrentDraftSerializer,
    NewPipelineSerializer,
    PipelineRowSerializer,
    PipelineSerializer,
    PipelineSpecQuerySerializer,
    PipelineSpecSerializer,
    SavedDraftSerializer,
    SaveDraftSerializer,
    StaleDraftProblemSerializer,
)


class PipelineFilters(django_filters.FilterSet):
    search = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=200, help_text="Part of the name."
    )
    team = TeamFilter()
    ordering = StableOrdering(
        fields={"name": "name", "draft_updated_at": "updated_at", "created_at": "created_at"}
    )

    class Meta:
        model = Pipeline
        fields = ("search", "team")


class Pipelines(GenericAPIView[Pipeline]):
    serializer_class = PipelineRowSerializer
    filterset_class = PipelineFilters
    queryset = Pipeline.objects.none()

    def get_queryset(self) -> QuerySet[Pipeline]:
        return queries.visible(self.request.user).order_by("-draft_updated_at", "pk")

    @extend_schema(operation_id="pipelines_list", responses=PipelineRowSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The pipelines of your teams, the last edited first, each with its newest run."""
        rows = self.filter_queryset(self.get_queryset()).annotate(last_run_id=_NEWEST_RUN)
        page = self.paginate_queryset(rows) or []
        _attach_last_runs(page)
        return self.get_paginated_response(PipelineRowSerializer(page, many=True).data)

    @extend_schema(
        operation_id="pipelines_create",
        request=NewPipelineSerializer,
        responses={201: PipelineSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a pipeline. Its draft may be unfinished, or have problems."""
        form = NewPipelineSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        team = team_or_default(request.user, form.validated_data.get("team"), Action.EDIT)
        made = actions.create(team, form.validated_data["definition"], person(request))
        return _whole(made, status.HTTP_201_CREATED)


class PipelineSpecs(GenericAPIView[PipelineVersion]):
    filter_backends = ()
    serializer_class = PipelineSpecSerializer
    queryset = PipelineVersion.objects.none()

    @extend_schema(
        operation_id="pipelines_specs",
        parameters=[PipelineSpecQuerySerializer],
        responses=PipelineSpecSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The published pipelines of a team as things that a node can use, by their short names."""
        form = PipelineSpecQuerySerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        owner = team_or_default(request.user, given.get("team"), Action.VIEW)
        page = self.paginate_queryset(queries.usable(owner, given.get("search", ""))) or []
        return self.get_paginated_response(
            [
                {
                    "pipeline": version.pipeline_id,
                    "slug": version.pipeline.slug,
                    "version": version.number,
                    "spec": spec_of(version).model_dump(mode="json"),
                }
                for version in page
            ]
        )


class PipelinePage(APIView):
    @extend_schema(operation_id="pipelines_get", responses=PipelineSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """One pipeline with its draft; the ETag is the draft's revision."""
        return _whole(access.pipeline(request.user, id, Action.VIEW))

    @extend_schema(operation_id="pipelines_archive", responses={204: None})
    def delete(self, request: Request, id: UUID) -> Response:
        """Take the pipeline out of every list. Its runs stay."""
        actions.archive(access.pipeline(request.user, id, Action.EDIT), person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Draft(APIView):
    @extend_schema(
        operation_id="pipelines_save_draft",
        parameters=[IF_MATCH],
        request=SaveDraftSerializer,
        responses={
            200: SavedDraftSerializer,
            412: OpenApiResponse(StaleDraftProblemSerializer, "Somebody else saved first."),
            422: ProblemSerializer,
            428: ProblemSerializer,
        },
    )
    def patch(self, request: Request, id: UUID) -> Response:
        """Save the draft, if nobody else has since the revision that `If-Match` names."""
        pipeline = access.pipeline(request.user, id, Action.EDIT)
        base = base_revision(request)
        form = SaveDraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            saved = actions.save_draft(
                pipeline, form.validated_data["definition"], base, person(request)
            )
        except actions.StaleDraft as stale:
            current = CurrentDraftSerializer(
                {
                    "revision": stale.revision,
                    "updated_by": stale.updated_by,
                    "updated_at": stale.updated_at,
                }
            )
            return problem(412, str(stale), "stale_draft", current=current.data)
        body = SavedDraftSerializer(_draft(saved)).data
        return Response(body, headers={"ETag": f'"{saved.draft_revision}"'})


#: A column that the list adds to each pipeline.
_NEWEST_RUN = Subquery(
    Run.objects.filter(pipeline=OuterRef("pk"), removed_at=None)
    .order_by("-created_at", "-id")
    .values("pk")[:1]
)


def _attach_last_runs(pipelines: Sequence[Any]) -> None:
    """Give each pipeline its newest run, in one query."""
    ids = [pipeline.last_run_id for pipeline in pipelines if pipeline.last_run_id]
    runs = Run.objects.only("id", "number", "state", "created_at").in_bulk(ids)
    for pipeline in pipelines:
        pipeline.last_run = runs.get(pipeline.last_run_id)


def _whole(pipeline: Any, status_code: int = status.HTTP_200_OK) -> Response:
    newest = pipeline.runs.filter(removed_at=None).order_by("-created_at", "-id")
    pipeline.last_run = newest.only("id", "number", "state", "created_at").first()
    pipeline.whole_draft = _draft(pipeline)
    body = PipelineSerializer(pipeline).data
    return Response(body, status_code, headers={"ETag": f'"{pipeline.draft_revision}"'})


def _draft(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "definition": pipeline.draft,
        "revision": pipeline.draft_revision,
        "problems": [problem.model_dump() for problem in queries.problems(pipeline)],
        "updated_at": pipeline.draft_updated_at,
        "updated_by": pipeline.draft_updated_by,
        "changed": queries.changed(pipeline),
    }
