"""How long a team keeps things, how much it may have and has, and its clean-ups."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.runs import quotas
from pipelines.runs.models import CleanUp
from pipelines.runs.retention import cleaning
from pipelines.teams import access, policies
from pipelines.teams.models import Team
from pipelines.teams.roles import Action

from .authentication import person
from .shapes.keeping import (
    CleanUpPreviewSerializer,
    CleanUpSerializer,
    KeepingSerializer,
    QuotasSerializer,
    RetentionSerializer,
)


class Keeping(APIView):
    @extend_schema(operation_id="keeping_get", responses=KeepingSerializer)
    def get(self, request: Request, team: str) -> Response:
        """What the team has set, what holds, and what it has of everything that has a quota."""
        return Response(_keeping(access.team(request.user, team, Action.VIEW)))

    @extend_schema(
        operation_id="keeping_change", request=RetentionSerializer, responses=KeepingSerializer
    )
    def patch(self, request: Request, team: str) -> Response:
        """Set how long things are kept: 0 is for ever, null what the whole Penstock has."""
        found = access.team(request.user, team, Action.RETENTION)
        form = RetentionSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        policies.change(found, form.validated_data, person(request))
        return Response(_keeping(found))


class Quotas(APIView):
    @extend_schema(
        operation_id="quotas_change", request=QuotasSerializer, responses=KeepingSerializer
    )
    def patch(self, request: Request, team: str) -> Response:
        """Set how much a team may have, as an administrator of the Penstock: 0 is without a limit,
        null what the whole Penstock has.
        """
        if not access.runs_instance(request.user):
            access.team(request.user, team, Action.VIEW)  # a foreign team is not even there
            access.instance(request.user, "set the quotas of teams")
        found = get_object_or_404(Team, slug=team)
        form = QuotasSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        policies.change(found, form.validated_data, person(request))
        return Response(_keeping(found))


class CleanUps(GenericAPIView[CleanUp]):
    serializer_class = CleanUpSerializer
    queryset = CleanUp.objects.none()

    def get_queryset(self) -> QuerySet[CleanUp]:
        team = access.team(self.request.user, self.kwargs["team"], Action.VIEW)
        return CleanUp.objects.filter(team=team).select_related("asked_by")

    @extend_schema(operation_id="clean_ups_list", responses=CleanUpSerializer(many=True))
    def get(self, request: Request, team: str) -> Response:
        """The clean-ups of the last months, newest first, with what they freed."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(CleanUpSerializer(page, many=True).data)

    @extend_schema(operation_id="clean_ups_ask", request=None, responses={202: CleanUpSerializer})
    def post(self, request: Request, team: str) -> Response:
        """Clean up now instead of at night; the scheduler begins within seconds."""
        found = access.team(request.user, team, Action.RETENTION)
        asked = cleaning.ask(found, person(request))
        return Response(CleanUpSerializer(asked).data, status=status.HTTP_202_ACCEPTED)


class CleanUpPreview(APIView):
    @extend_schema(operation_id="clean_ups_preview", responses=CleanUpPreviewSerializer)
    def get(self, request: Request, team: str) -> Response:
        """What a clean-up would take away now."""
        return Response(cleaning.preview(access.team(request.user, team, Action.VIEW)))


def _keeping(team: Team) -> dict[str, Any]:
    own, holds = policies.own(team.pk), policies.policy(team.pk)
    return {
        "own": own,
        "holds": holds,
        "defaults": policies.defaults(),
        "use": quotas.use(team, timezone.now()),
    }
