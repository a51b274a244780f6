"""What the steps of a team may reach beside the public internet. Administrators set it."""

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.core.addresses import BadOpening
from pipelines.teams import access, network
from pipelines.teams.models import AllowedHost

from .authentication import person
from .refusals import Conflict
from .shapes.common import ProblemSerializer
from .shapes.network import AllowedHostSerializer, NetworkSerializer, NewAllowedHostSerializer

WHAT = "say what a team's steps may reach"


class Network(APIView):
    @extend_schema(operation_id="network_retrieve", responses=NetworkSerializer)
    def get(self, request: Request, team: str) -> Response:
        """What the steps of every team may reach beside the public internet, by the settings."""
        access.team_of_instance(request.user, team)
        return Response({"everybody": list(network.everybody())})


class AllowedHosts(GenericAPIView[AllowedHost]):
    serializer_class = AllowedHostSerializer
    queryset = AllowedHost.objects.none()

    def get_queryset(self) -> QuerySet[AllowedHost]:
        of = access.team_of_instance(self.request.user, self.kwargs["team"])
        return network.allowed_hosts(of)

    @extend_schema(operation_id="allowed_hosts_list", responses=AllowedHostSerializer(many=True))
    def get(self, request: Request, team: str) -> Response:
        """The hosts and networks that steps of this team may reach although they are not public."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(AllowedHostSerializer(page, many=True).data)

    @extend_schema(
        operation_id="allowed_hosts_create",
        request=NewAllowedHostSerializer,
        responses={201: AllowedHostSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, team: str) -> Response:
        """Let the team's steps reach a host or a network. For administrators of this Penstock."""
        into = access.team_of_instance(request.user, team)
        access.instance(request.user, WHAT)
        form = NewAllowedHostSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            made = network.allow(into, **form.validated_data, by=person(request))
        except BadOpening as bad:
            raise ValidationError({"entry": [str(bad)]}) from bad
        except network.Listed as listed:
            raise Conflict(str(listed)) from listed
        return Response(AllowedHostSerializer(made).data, status=status.HTTP_201_CREATED)


class AllowedHostPage(APIView):
    @extend_schema(operation_id="allowed_hosts_delete", responses={204: None})
    def delete(self, request: Request, team: str, id: int) -> Response:
        """Take it off the list: steps that start from now on do not reach it."""
        of = access.team_of_instance(request.user, team)
        access.instance(request.user, WHAT)
        found = network.allowed_hosts(of).filter(pk=id).first()
        if found is None:
            raise Http404
        network.forbid(found, person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
