"""Published versions of pipelines, and the checks that come before."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.core.diff import diff
from pipelines.designs import access, actions, queries
from pipelines.designs.catalog import spec_of, specs_for
from pipelines.designs.models import PipelineVersion
from pipelines.teams.access import Action, team, within
from pipelines.teams.models import Team

from .authentication import person
from .refusals import Conflict
from .shapes.common import ProblemSerializer
from .shapes.designs import (
    DiffQuerySerializer,
    ProblemsSerializer,
    PublishSerializer,
    ValidateSerializer,
    VersionDiffSerializer,
    VersionRowSerializer,
    VersionSerializer,
)


class Versions(GenericAPIView[PipelineVersion]):
    serializer_class = VersionRowSerializer
    queryset = PipelineVersion.objects.none()

    def get_queryset(self) -> QuerySet[PipelineVersion]:
        pipeline = access.pipeline(self.request.user, self.kwargs["id"], Action.VIEW)
        return queries.versions(pipeline).order_by("-number")

    @extend_schema(operation_id="versions_list", responses=VersionRowSerializer(many=True))
    def get(self, request: Request, id: UUID) -> Response:
        """The history, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(VersionRowSerializer(page, many=True).data)

    @extend_schema(
        operation_id="versions_publish",
        request=PublishSerializer,
        responses={
            201: VersionRowSerializer,
            200: VersionRowSerializer,
            409: ProblemSerializer,
            422: ProblemSerializer,
        },
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Publish the draft; 200 with the newest version when it already means the same."""
        pipeline = access.pipeline(request.user, id, Action.EDIT)
        form = PublishSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        before = pipeline.latest_version
        try:
            version = actions.publish(pipeline, form.validated_data["message"], person(request))
        except actions.Busy as busy:
            raise Conflict(str(busy)) from busy
        made = version.number > before
        return Response(
            VersionRowSerializer(version).data,
            status=status.HTTP_201_CREATED if made else status.HTTP_200_OK,
        )


class Version(APIView):
    @extend_schema(operation_id="versions_get", responses=VersionSerializer)
    def get(self, request: Request, id: UUID, number: int) -> Response:
        """One version, with the specs that it pinned."""
        version = access.version(request.user, id, number)
        body = VersionRowSerializer(version).data
        return Response(
            {
                **body,
                "definition": version.definition,
                "components": pinned_specs(version),
                "spec": spec_of(version).model_dump(mode="json"),
            }
        )


class VersionDiff(APIView):
    @extend_schema(
        operation_id="versions_diff",
        parameters=[DiffQuerySerializer],
        responses=VersionDiffSerializer,
    )
    def get(self, request: Request, id: UUID, number: int) -> Response:
        """What made this version of another one; with `against=draft` what the draft makes of it.

        Version 1 without `against` is compared with nothing: everything in it was added.
        """
        version = access.version(request.user, id, number)
        form = DiffQuerySerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        against = form.validated_data.get("against")
        this = queries.side(version)
        if against == "draft":
            before, after = this, queries.draft_side(version.pipeline)
        elif against is None and number == 1:
            before, after = queries.Side(0, {}, {}), this
        else:
            other = access.version(request.user, id, int(against or number - 1))
            before, after = queries.side(other), this
        return Response(
            {
                "before": _side(before),
                "after": _side(after),
                "diff": diff(before.definition, after.definition).as_json(),
            }
        )


def _side(side: queries.Side) -> dict[str, Any]:
    return {
        "version": side.number,
        "definition": side.definition,
        "components": {ref: spec.model_dump(mode="json") for ref, spec in side.specs.items()},
    }


class Validate(APIView):
    @extend_schema(
        operation_id="validate", request=ValidateSerializer, responses=ProblemsSerializer
    )
    def post(self, request: Request) -> Response:
        """Everything that is wrong with a definition. Nothing is stored, nothing is run."""
        form = ValidateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        named = form.validated_data.get("team")
        found: Team | None = (
            team(request.user, named, Action.VIEW)
            if named is not None
            else within(Team.objects.order_by("created_at"), request.user, team="pk").first()
        )
        problems = queries.problems(form.validated_data["definition"], found)
        return Response({"problems": [problem.model_dump() for problem in problems]})


def pinned_specs(version: PipelineVersion) -> dict[str, Any]:
    """The specs by the references that a version pinned, as JSON."""
    specs = specs_for(version.pipeline.team_id, version.component_digests)
    return {ref: spec.model_dump(mode="json") for ref, spec in specs.items()}
