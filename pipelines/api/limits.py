"""How many nodes may be at work at the same time, by pool, queue and team. Administrators set it."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.runs import queries
from pipelines.runs.models import Limit, LimitScope
from pipelines.teams import access, audit
from pipelines.teams.models import Team

from .authentication import person
from .refusals import Conflict
from .shapes.common import ProblemSerializer
from .shapes.workers import ChangeLimitSerializer, LimitSerializer, NewLimitSerializer


class Limits(GenericAPIView[Limit]):
    serializer_class = LimitSerializer
    queryset = Limit.objects.none()

    def get_queryset(self) -> QuerySet[Limit]:
        return queries.list_limits(self.request.user)

    @extend_schema(operation_id="limits_list", responses=LimitSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The limits of pools and queues, and of your own teams, with how much of each is in use."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(queries.limits(page))

    @extend_schema(
        operation_id="limits_create",
        request=NewLimitSerializer,
        responses={201: LimitSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Set a limit where there is none. For administrators of this Penstock."""
        access.instance(request.user, "change limits")
        form = NewLimitSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        of_team = given["scope"] == LimitScope.TEAM
        limit = Limit(
            scope=given["scope"],
            name="" if of_team else given["name"],
            team=get_object_or_404(Team, slug=given["name"]) if of_team else None,
            slots=given["slots"],
        )
        try:
            with transaction.atomic():
                limit.save()
                _record("limit.create", limit, request, after={"slots": limit.slots})
        except IntegrityError as error:
            what = f"The {given['scope']} `{given['name']}`"
            raise Conflict(f"{what} has a limit already; change that one.") from error
        return Response(queries.limits([limit])[0], status=status.HTTP_201_CREATED)


class LimitPage(APIView):
    @extend_schema(
        operation_id="limits_change", request=ChangeLimitSerializer, responses=LimitSerializer
    )
    def patch(self, request: Request, id: int) -> Response:
        """Change how many nodes may be at work. What runs already goes on."""
        limit = self._limit(request, id)
        form = ChangeLimitSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        before, limit.slots = limit.slots, form.validated_data["slots"]
        with transaction.atomic():
            limit.save(update_fields=["slots"])
            _record("limit.change", limit, request, {"slots": before}, {"slots": limit.slots})
        return Response(queries.limits([limit])[0])

    @extend_schema(operation_id="limits_delete", responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Lift a limit."""
        limit = self._limit(request, id)
        with transaction.atomic():
            _record("limit.delete", limit, request, {"slots": limit.slots})
            limit.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _limit(self, request: Request, id: int) -> Limit:
        limit: Limit = get_object_or_404(queries.list_limits(request.user), pk=id)
        access.instance(request.user, "change limits")
        return limit


def _record(
    what: str, limit: Limit, request: Request, before: Any = None, after: Any = None
) -> None:
    audit.record(what, limit, team=limit.team_id, user=person(request), before=before, after=after)
