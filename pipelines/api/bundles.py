"""Rerun bundles: a run as one file, and a run again from it."""

from collections.abc import Iterator
from typing import IO
from uuid import UUID

from django.conf import settings
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.artifacts import store, uploads
from pipelines.core import bundle
from pipelines.runs import access
from pipelines.runs.bundles import importing, writing
from pipelines.teams.access import Action, team_or_default

from .authentication import person
from .refusals import Conflict, TooLarge, Unprocessable
from .shapes.bundles import ArrivalSerializer, BundleQuerySerializer, BundleUploadSerializer
from .shapes.common import ProblemSerializer
from .streams import attachment

_CHUNK = 256 * 1024


class RunBundle(APIView):
    @extend_schema(
        operation_id="runs_bundle",
        parameters=[BundleQuerySerializer],
        responses={(200, bundle.MEDIA_TYPE): OpenApiTypes.BINARY, 409: ProblemSerializer},
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        """The run as one zip: definition, components, parameters, and the files it was given.

        It runs again from there, here or on another Penstock: see `POST /api/v1/bundles/`.
        """
        run = access.run(request.user, id, Action.VIEW)
        form = BundleQuerySerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        try:
            file = writing.write(run, form.validated_data["artifacts"])
        except store.ArtifactMissing as error:
            raise Conflict(f"{error} Ask for the bundle with `artifacts=none`.") from error
        size = file.seek(0, 2)
        file.seek(0)
        name = f"{run.pipeline.name} {run.number}.penstock.zip"
        return attachment(request, _chunks(file), name, bundle.MEDIA_TYPE, size=size)


class Bundles(APIView):
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="bundles_import",
        request={"multipart/form-data": BundleUploadSerializer},
        responses={
            201: ArrivalSerializer,
            200: ArrivalSerializer,
            413: ProblemSerializer,
            422: ProblemSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Run a bundle: publish what your team lacks, make a pipeline, and start its run.

        With `dry_run`, 200 with what would be used and published; 422 says what is in the way.
        """
        form = BundleUploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        file = given["file"]
        if file.size > settings.PENSTOCK_MAX_UPLOAD_BYTES:
            raise TooLarge(
                f"`{file.name}` has {file.size:,} bytes; at most "
                f"{settings.PENSTOCK_MAX_UPLOAD_BYTES:,} can be uploaded."
            )
        team = team_or_default(request.user, given.get("team"), Action.EDIT)
        if given["dry_run"]:
            return Response(importing.look(file.file, team).as_json())
        try:
            arrival = importing.run(file.file, team, person(request))
        except uploads.NotOfType as error:
            raise Unprocessable(str(error)) from error
        return Response(arrival.as_json(), status=status.HTTP_201_CREATED)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
