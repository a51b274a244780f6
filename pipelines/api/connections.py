"""The connections of a team: how to reach its databases and services, without their secrets."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.sdk.connections import TYPES
from pipelines.teams import access, connections
from pipelines.teams.models import Connection
from pipelines.teams.roles import Action

from .authentication import person
from .refusals import Conflict
from .shapes.common import ProblemSerializer
from .shapes.connections import (
    ChangeConnectionSerializer,
    ConnectionSerializer,
    ConnectionTestSerializer,
    ConnectionTypeSerializer,
    NewConnectionSerializer,
    TryConnectionSerializer,
)


class ConnectionTypes(APIView):
    @extend_schema(
        operation_id="connection_types_list", responses=ConnectionTypeSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """What can be connected to, and the JSON Schema of each one's fields; secret ones are `writeOnly`."""
        return Response(ConnectionTypeSerializer(list(TYPES.values()), many=True).data)


class Connections(GenericAPIView[Connection]):
    serializer_class = ConnectionSerializer
    queryset = Connection.objects.none()

    def get_queryset(self) -> QuerySet[Connection]:
        return connections.of_team(access.team(self.request.user, self.kwargs["team"], Action.VIEW))

    @extend_schema(operation_id="connections_list", responses=ConnectionSerializer(many=True))
    def get(self, request: Request, team: str) -> Response:
        """The team's connections by name. Secret fields are never shown."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ConnectionSerializer(page, many=True).data)

    @extend_schema(
        operation_id="connections_create",
        request=NewConnectionSerializer,
        responses={201: ConnectionSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, team: str) -> Response:
        """Make a connection. Steps are given it where a node names it."""
        into = access.team(request.user, team, Action.SECRETS)
        form = NewConnectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            made = connections.create(
                into, given["name"], given["type"], given["fields"], person(request),
                given["description"],
            )  # fmt: skip
        except connections.BadConnection as bad:
            raise _refusal(bad) from bad
        except connections.ConnectionTaken as taken:
            raise Conflict(str(taken)) from taken
        return Response(ConnectionSerializer(made).data, status=status.HTTP_201_CREATED)


class ConnectionPage(APIView):
    @extend_schema(
        operation_id="connections_change",
        request=ChangeConnectionSerializer,
        responses=ConnectionSerializer,
    )
    def patch(self, request: Request, team: str, id: int) -> Response:
        """Other fields (all of them but secret ones that stay), or another description."""
        found = _connection(request, team, id)
        form = ChangeConnectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            found = connections.change(
                found, given.get("fields"), given.get("description"), person(request)
            )
        except connections.BadConnection as bad:
            raise _refusal(bad) from bad
        return Response(ConnectionSerializer(found).data)

    @extend_schema(operation_id="connections_delete", responses={204: None})
    def delete(self, request: Request, team: str, id: int) -> Response:
        """Delete a connection. Runs of pipelines that name it are refused from then on."""
        connections.delete(_connection(request, team, id), person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TryConnection(APIView):
    @extend_schema(
        operation_id="connections_try",
        request=TryConnectionSerializer,
        responses=ConnectionTestSerializer,
    )
    def post(self, request: Request, team: str) -> Response:
        """Whether these fields work, before they are saved. With `connection`, its stored secrets are
        used where none are given.
        """
        of = access.team(request.user, team, Action.SECRETS)
        form = TryConnectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            fields = given["fields"]
            if given.get("connection") is not None:
                stored = _connection(request, team, given["connection"])
                fields = connections.with_stored(stored, fields)
            answer = connections.try_out(of, given["type"], fields)
        except connections.BadConnection as bad:
            raise _refusal(bad) from bad
        return Response(answer)


class TestConnection(APIView):
    @extend_schema(operation_id="connections_test", request=None, responses=ConnectionSerializer)
    def post(self, request: Request, team: str, id: int) -> Response:
        """Test a stored connection; the answer says how it went, and it is remembered."""
        found = connections.test(_connection(request, team, id), person(request))
        return Response(ConnectionSerializer(found).data)


def _connection(request: Request, team: str, id: int) -> Connection:
    of = access.team(request.user, team, Action.SECRETS)
    found = connections.of_team(of).filter(pk=id).first()
    if found is None:
        raise Http404
    return found


def _refusal(bad: connections.BadConnection) -> Any:
    return serializers.ValidationError({bad.field: [str(bad)]})
