"""Who is asking; changing the password."""

from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.teams import actions, hints, second_factor

from .authentication import SignedInPersonally, person
from .shapes.people import MeSerializer, PasswordSerializer


class Me(APIView):
    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The person who is asking, and the teams that person is in."""
        user = person(request)
        memberships = user.memberships.select_related("team").order_by("team__created_at", "pk")
        teams = [
            {"id": m.team.pk, "name": m.team.name, "slug": m.team.slug, "role": m.role}
            for m in memberships
        ]
        me = {
            "id": user.pk,
            "username": user.get_username(),
            "email": user.email,
            "is_staff": user.is_staff,
            "has_password": user.has_usable_password(),
            "has_second_factor": second_factor.of(user) is not None,
            "teams": teams,
        }
        return Response(MeSerializer(me).data)


class Password(APIView):
    permission_classes = (SignedInPersonally,)

    @extend_schema(
        operation_id="change_password", request=PasswordSerializer, responses={204: None}
    )
    def post(self, request: Request) -> Response:
        """Set the password; sessions elsewhere end, this one goes on."""
        form = PasswordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        user = person(request)
        try:
            actions.change_password(user, given["new"], given.get("current"))
        except actions.WrongPassword as error:
            raise serializers.ValidationError({"current": [str(error)]}) from error
        except DjangoValidationError as error:
            raise serializers.ValidationError({"new": error.messages}) from error
        update_session_auth_hash(request._request, user)
        hints.access_changed([user.pk])
        return Response(status=status.HTTP_204_NO_CONTENT)
