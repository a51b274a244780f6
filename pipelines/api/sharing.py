"""Who may use a component, and who does."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.catalog import access, queries, sharing
from pipelines.catalog.models import Component, Visibility
from pipelines.designs import uses
from pipelines.designs.models import NodeUse
from pipelines.teams.access import Action

from .authentication import person
from .shapes.catalog import ComponentUseSerializer, ShareComponentSerializer, SharingSerializer


class ComponentUses(GenericAPIView[NodeUse]):
    serializer_class = ComponentUseSerializer
    queryset = NodeUse.objects.none()
    filter_backends = ()

    def get_queryset(self) -> QuerySet[NodeUse, Any]:
        found = access.component(self.request.user, self.kwargs["namespace"], self.kwargs["name"])
        return uses.in_reach(found, self.request.user)

    @extend_schema(
        operation_id="components_uses", responses=ComponentUseSerializer(many=True), filters=False
    )
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """The pipelines of your teams that use it, with the version that each has pinned."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ComponentUseSerializer(page, many=True).data)


class ComponentSharing(APIView):
    @extend_schema(operation_id="components_sharing", responses=SharingSerializer)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """With whom a component of your team is shared, and which teams use it."""
        return Response(_sharing(access.owned(request.user, namespace, name)))

    @extend_schema(
        operation_id="components_share",
        request=ShareComponentSerializer,
        responses=SharingSerializer,
    )
    def put(self, request: Request, namespace: str, name: str) -> Response:
        """Share a component, or take it back. What is published with it runs on."""
        component = access.component(request.user, namespace, name, Action.SHARE)
        form = ShareComponentSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            sharing.share(
                component,
                Visibility(given["visibility"]),
                given["teams"],
                person(request),
            )
        except sharing.NoSuchTeam as unknown:
            raise serializers.ValidationError({"teams": [str(unknown)]}) from unknown
        return Response(_sharing(component))


def _sharing(component: Component) -> dict[str, Any]:
    data: dict[str, Any] = SharingSerializer(
        {
            "visibility": component.visibility,
            "shares": list(queries.shared_with(component)),
            "consumers": uses.teams_of(component),
        }
    ).data
    return data
