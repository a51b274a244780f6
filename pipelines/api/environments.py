"""The environments that components run in: list, look at, choose versions anew."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.runs import access
from pipelines.runs.environments import locks, queries
from pipelines.runs.models import EnvironmentLock
from pipelines.teams.access import Action

from .authentication import person
from .shapes.environments import EnvironmentDetailSerializer, EnvironmentSerializer


class Environments(GenericAPIView[EnvironmentLock]):
    serializer_class = EnvironmentSerializer
    filter_backends = ()
    queryset = EnvironmentLock.objects.none()

    def get_queryset(self) -> QuerySet[EnvironmentLock]:
        return queries.visible(self.request.user).defer("text").order_by("-created_at", "-pk")

    @extend_schema(operation_id="environments_list", responses=EnvironmentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The locks of your teams and Penstock's own, the newest first."""
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response([queries.lock_json(lock) for lock in page])


class EnvironmentPage(APIView):
    @extend_schema(operation_id="environments_get", responses=EnvironmentDetailSerializer)
    def get(self, request: Request, digest: str) -> Response:
        """One lock: its packages, its text, and when it was built."""
        return Response(queries.detail(access.environment(request.user, digest, Action.VIEW)))


class Renew(APIView):
    @extend_schema(
        operation_id="environments_renew", request=None, responses=EnvironmentDetailSerializer
    )
    def post(self, request: Request, digest: str) -> Response:
        """Have the next run choose versions anew. What has run keeps this lock in its record."""
        lock = access.environment(request.user, digest, Action.EDIT)
        locks.renew(lock, person(request))
        lock.refresh_from_db()
        return Response(queries.detail(lock))
