"""Files in and out: upload, download, preview."""

from collections.abc import Iterator
from typing import IO

from django.conf import settings
from django.http import HttpResponseBase, HttpResponseNotModified
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.artifacts import access, pictures, previews, store, uploads
from pipelines.artifacts.models import Artifact
from pipelines.teams.access import Action, team_or_default

from .authentication import person
from .refusals import TooLarge, Unprocessable
from .shapes.artifacts import PREVIEW, ArtifactSerializer, PreviewQuerySerializer, UploadSerializer
from .shapes.common import ProblemSerializer
from .streams import attachment

_CHUNK = 256 * 1024
_INLINE = OpenApiParameter(
    "inline", bool, description="1: PNG, JPEG, GIF and WebP pictures are shown, not downloaded."
)


class Artifacts(APIView):
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="artifacts_upload",
        request={"multipart/form-data": UploadSerializer},
        responses={201: ArtifactSerializer, 413: ProblemSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """Store a file. The same bytes are stored once; what they are is read from the bytes."""
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        if given["file"].size > settings.PENSTOCK_MAX_UPLOAD_BYTES:
            raise TooLarge(
                f"`{given['file'].name}` has {given['file'].size:,} bytes; at most "
                f"{settings.PENSTOCK_MAX_UPLOAD_BYTES:,} can be uploaded."
            )
        team = team_or_default(request.user, given.get("team"), Action.RUN)
        try:
            artifact = uploads.receive(
                given["file"], team=team, user=person(request), type=given.get("type")
            )
        except uploads.NotOfType as error:
            raise Unprocessable(str(error)) from error
        return Response(ArtifactSerializer(artifact).data, status=status.HTTP_201_CREATED)


class ArtifactPage(APIView):
    @extend_schema(
        operation_id="artifacts_download",
        parameters=[_INLINE],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, digest: str) -> HttpResponseBase:
        """The bytes, as a download."""
        artifact = access.artifact(request.user, digest)
        etag = f'"{digest}"'
        if etag in request.headers.get("If-None-Match", ""):
            return _cached(HttpResponseNotModified(), etag)
        stream = _open(artifact)
        picture = pictures.sniff(stream)
        inline = request.query_params.get("inline") in ("1", "true") and picture is not None
        response = attachment(
            request,
            _chunks(stream),
            artifact.name or digest[:12],
            picture.media_type if inline and picture else "application/octet-stream",
            size=artifact.size,
            inline=inline,
        )
        return _cached(response, etag)


class Preview(APIView):
    @extend_schema(
        operation_id="artifacts_preview", parameters=[PreviewQuerySerializer], responses=PREVIEW
    )
    def get(self, request: Request, digest: str) -> Response:
        """What is inside, for people: a page of a table, a picture, text, a model's facts."""
        artifact = access.artifact(request.user, digest)
        form = PreviewQuerySerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        url = reverse("api:artifact", args=[digest]) + "?inline=1"
        try:
            return Response(previews.preview(artifact, url=url, **form.validated_data))
        except store.ArtifactMissing as error:
            raise NotFound(str(error)) from error


def _open(artifact: Artifact) -> IO[bytes]:
    try:
        return store.open(artifact.digest)
    except store.ArtifactMissing as error:
        raise NotFound(str(error)) from error


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _cached(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    """The browser may keep the bytes, but asks each time whether it still may see them."""
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response
