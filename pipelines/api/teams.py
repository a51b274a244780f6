"""Teams: those that one is in, making one, renaming one."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.teams import access, actions, queries
from pipelines.teams.models import Team
from pipelines.teams.roles import Action

from .authentication import person
from .refusals import Conflict
from .shapes.common import ProblemSerializer
from .shapes.people import MyTeamSerializer
from .shapes.teams import NewTeamSerializer, RenameTeamSerializer


class TeamFilters(django_filters.FilterSet):
    search = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=120, help_text="Part of the name."
    )

    class Meta:
        model = Team
        fields = ("search",)


class Teams(GenericAPIView[Team]):
    serializer_class = MyTeamSerializer
    filterset_class = TeamFilters
    queryset = Team.objects.none()

    def get_queryset(self) -> QuerySet[Team]:
        return queries.teams(self.request.user)

    @extend_schema(operation_id="teams_list", responses=MyTeamSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The teams that you are in, by name, with your role in each."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(MyTeamSerializer(page, many=True).data)

    @extend_schema(
        operation_id="teams_create",
        request=NewTeamSerializer,
        responses={201: MyTeamSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a team, whose first administrator you are. For administrators of the Penstock."""
        access.instance(request.user, "make teams")
        form = NewTeamSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            made = actions.create_team(given["name"], given["slug"], person(request))
        except actions.SlugTaken as taken:
            raise Conflict(str(taken)) from taken
        return _answer(request, made, status.HTTP_201_CREATED)


class TeamPage(APIView):
    @extend_schema(operation_id="teams_get", responses=MyTeamSerializer)
    def get(self, request: Request, team: str) -> Response:
        """One team that you are in, with your role there."""
        return _answer(request, access.team(request.user, team, Action.VIEW))

    @extend_schema(
        operation_id="teams_rename", request=RenameTeamSerializer, responses=MyTeamSerializer
    )
    def patch(self, request: Request, team: str) -> Response:
        """Rename a team. Its short name stays, since addresses and scripts use it."""
        found = access.team(request.user, team, Action.MEMBERS)
        form = RenameTeamSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actions.rename_team(found, form.validated_data["name"], person(request))
        return _answer(request, found)


def _answer(request: Request, team: Team, code: int = status.HTTP_200_OK) -> Response:
    shown: Any = {
        "id": team.pk,
        "name": team.name,
        "slug": team.slug,
        "role": access.standing(request.user, team.pk).role,
    }
    return Response(MyTeamSerializer(shown).data, status=code)
