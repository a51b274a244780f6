"""A person's API tokens. Another person's are not found."""

from typing import Any

from django.contrib.auth import authenticate
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.teams import required, second_factor, tokens
from pipelines.teams.models import ApiToken, User
from pipelines.teams.signing_in import check_code

from .authentication import SignedInPersonally, person
from .shapes.common import ProblemSerializer
from .shapes.people import (
    ApiTokenSerializer,
    CreatedApiTokenSerializer,
    CredentialsSerializer,
    NewApiTokenSerializer,
    SecretSerializer,
)


class Tokens(GenericAPIView[ApiToken]):
    serializer_class = ApiTokenSerializer
    queryset = ApiToken.objects.none()

    def get_permissions(self) -> list[Any]:
        by_hand = self.request is not None and self.request.method == "POST"
        return [SignedInPersonally() if by_hand else IsAuthenticated()]

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=person(self.request))

    @extend_schema(operation_id="tokens_list", responses=ApiTokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Your tokens, newest first, without their secrets."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ApiTokenSerializer(page, many=True).data)

    @extend_schema(
        operation_id="tokens_create",
        request=NewApiTokenSerializer,
        responses={201: CreatedApiTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a token. The answer is the only one that holds its secret."""
        form = NewApiTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        token, secret = tokens.create(
            person(request),
            given["name"],
            scopes=given["scopes"],
            expires_at=given["expires_at"],
        )
        body = {**ApiTokenSerializer(token).data, "token": secret}
        return Response(body, status=status.HTTP_201_CREATED)


class Token(APIView):
    @extend_schema(operation_id="tokens_revoke", responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Revoke a token: whoever uses it is refused from now on."""
        user = person(request)
        token = ApiToken.objects.select_related("user").filter(user=user, pk=id).first()
        if token is None:
            raise Http404
        tokens.revoke(token, user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ObtainToken(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="token",
        request=CredentialsSerializer,
        responses={201: SecretSerializer, 429: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """A token for a username and password, or for the session that asks."""
        form = CredentialsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        _, secret = tokens.create(self._who(request, form.validated_data))
        return Response({"token": secret}, status=status.HTTP_201_CREATED)

    def _who(self, request: Request, given: dict[str, str]) -> User:
        if given:
            user = authenticate(
                request._request,
                username=given.get("username", ""),
                password=given.get("password", ""),
            )
            if not isinstance(user, User):
                raise exceptions.AuthenticationFailed("The username or the password is not right.")
            if second_factor.missing(user):
                raise exceptions.PermissionDenied(required.WHY)
            if second_factor.of(user) is not None:
                self._second(request, user, given.get("code", ""))
            return user
        if isinstance(request.auth, ApiToken):
            raise exceptions.PermissionDenied(SignedInPersonally.message)
        if not isinstance(request.user, User):
            raise exceptions.NotAuthenticated("Give `username` and `password`, or sign in first.")
        return request.user

    def _second(self, request: Request, user: User, code: str) -> None:
        if not code:
            raise exceptions.AuthenticationFailed(
                "Two-step sign-in is on for this account: give `code` too, from your authenticator app."
            )
        try:
            check_code(request._request, user, code)
        except second_factor.WrongCode as wrong:
            raise exceptions.AuthenticationFailed(str(wrong)) from wrong
