"""The secrets of a team: names and facts, never a value."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.designs import uses
from pipelines.designs.models import SecretUse
from pipelines.teams import access, queries, vault
from pipelines.teams.models import Team, TeamSecret
from pipelines.teams.roles import Action

from .authentication import person
from .refusals import Conflict
from .shapes.common import ProblemSerializer
from .shapes.secrets import (
    ChangeSecretSerializer,
    NewSecretSerializer,
    SecretUseSerializer,
    TeamSecretSerializer,
)


class Secrets(GenericAPIView[TeamSecret]):
    serializer_class = TeamSecretSerializer
    queryset = TeamSecret.objects.none()

    def _team(self, action: Action) -> Team:
        return access.team(self.request.user, self.kwargs["team"], action)

    @extend_schema(operation_id="secrets_list", responses=TeamSecretSerializer(many=True))
    def get(self, request: Request, team: str) -> Response:
        """The team's secrets by name: what they are for and who wrote them. No value is ever shown."""
        of = self._team(Action.VIEW)
        page = self.paginate_queryset(queries.secrets(of))
        counts = uses.secret_counts(of)
        body = [_shown(secret, counts) for secret in page or ()]
        return self.get_paginated_response(body)

    @extend_schema(
        operation_id="secrets_create",
        request=NewSecretSerializer,
        responses={201: TeamSecretSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, team: str) -> Response:
        """Write a new secret. Steps are given it where a node names it; nobody reads it back."""
        into = self._team(Action.SECRETS)
        form = NewSecretSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            made = vault.write(
                into, given["name"], given["value"], person(request), given["description"]
            )
        except vault.BadSecret as bad:
            raise serializers.ValidationError({bad.field: [str(bad)]}) from bad
        except vault.SecretTaken as taken:
            raise Conflict(str(taken)) from taken
        return Response(_shown(made, {}), status=status.HTTP_201_CREATED)


class Secret(APIView):
    @extend_schema(
        operation_id="secrets_change",
        request=ChangeSecretSerializer,
        responses={200: TeamSecretSerializer},
    )
    def patch(self, request: Request, team: str, id: int) -> Response:
        """Rotate a secret: a new value under the same name. Or describe it in other words."""
        secret = _secret(request, team, id, Action.SECRETS)
        form = ChangeSecretSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            if "value" in given:
                secret = vault.rotate(secret, given["value"], person(request))
        except vault.BadSecret as bad:
            raise serializers.ValidationError({bad.field: [str(bad)]}) from bad
        if "description" in given:
            secret = vault.describe(secret, given["description"], person(request))
        return Response(_shown(secret, uses.secret_counts(secret.team)))

    @extend_schema(
        operation_id="secrets_delete",
        parameters=[OpenApiParameter("force", bool, description="Also when pipelines name it.")],
        responses={204: None, 409: ProblemSerializer},
    )
    def delete(self, request: Request, team: str, id: int) -> Response:
        """Delete a secret. 409 names the pipelines that use it, unless `force` is given."""
        secret = _secret(request, team, id, Action.SECRETS)
        if request.query_params.get("force") not in ("1", "true"):
            found = uses.of_secret(secret)
            named = list(dict.fromkeys(each.version.pipeline.name for each in found[:200]))
            if named:
                shown = ", ".join(f"`{name}`" for name in named[:5])
                more = f" and {len(named) - 5} more" if len(named) > 5 else ""
                raise Conflict(
                    f"`{secret.name}` is used by {shown}{more}; their runs would fail. Take it out of "
                    "them first, or delete it all the same."
                )
        vault.delete(secret, person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SecretUses(GenericAPIView[SecretUse]):
    serializer_class = SecretUseSerializer
    queryset = SecretUse.objects.none()

    @extend_schema(operation_id="secrets_uses", responses=SecretUseSerializer(many=True))
    def get(self, request: Request, team: str, id: int) -> Response:
        """Which nodes of the newest versions name the secret."""
        found = uses.of_secret(_secret(request, team, id, Action.VIEW))
        page = self.paginate_queryset(found)
        return self.get_paginated_response(SecretUseSerializer(page, many=True).data)


def _secret(request: Request, team: str, id: int, action: Action) -> TeamSecret:
    of = access.team(request.user, team, action)
    found = queries.secrets(of).filter(pk=id).first()
    if found is None:
        raise Http404
    return found


def _shown(secret: TeamSecret, counts: dict[str, int]) -> dict[str, Any]:
    secret.used_by = counts.get(secret.name, 0)  # type: ignore[attr-defined]
    return TeamSecretSerializer(secret).data
