"""Teams: who is in them, invitations, roles, service accounts and their tokens."""

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.teams import access, members, queries, tokens
from pipelines.teams.models import ROLE_CHOICES, ApiToken, Invitation, Membership
from pipelines.teams.roles import Action, Role

from .authentication import person
from .refusals import Conflict
from .shapes.common import ProblemSerializer
from .shapes.people import ApiTokenSerializer, CreatedApiTokenSerializer, NewApiTokenSerializer
from .shapes.teams import (
    ChangeRoleSerializer,
    CreatedInvitationSerializer,
    InvitationSerializer,
    MemberSerializer,
    NewInvitationSerializer,
    NewServiceSerializer,
)


class MemberFilters(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(
        choices=[("person", "person"), ("service", "service")], method="filter_kind"
    )
    role = django_filters.ChoiceFilter(choices=ROLE_CHOICES)
    search = django_filters.CharFilter(
        field_name="user__username", lookup_expr="icontains", max_length=150
    )

    def filter_kind(
        self, rows: QuerySet[Membership], name: str, value: str
    ) -> QuerySet[Membership]:
        return rows.filter(user__service_of__isnull=value == "person")

    class Meta:
        model = Membership
        fields = ("role",)


class Members(GenericAPIView[Membership]):
    serializer_class = MemberSerializer
    filterset_class = MemberFilters
    queryset = Membership.objects.none()

    def get_queryset(self) -> QuerySet[Membership]:
        return queries.members(access.team(self.request.user, self.kwargs["team"], Action.VIEW))

    @extend_schema(operation_id="members_list", responses=MemberSerializer(many=True))
    def get(self, request: Request, team: str) -> Response:
        """Who is in the team, by name: people, and service accounts."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(MemberSerializer(page, many=True).data)


class Member(APIView):
    @extend_schema(
        operation_id="members_change",
        request=ChangeRoleSerializer,
        responses={200: MemberSerializer, 409: ProblemSerializer},
    )
    def patch(self, request: Request, team: str, id: int) -> Response:
        """Give a member another role. It counts at once; 409 for the last administrator."""
        membership = _member(request, team, id, Action.MEMBERS)
        form = ChangeRoleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            changed = members.change_role(
                membership, Role(form.validated_data["role"]), person(request)
            )
        except members.LastAdmin as last:
            raise Conflict(str(last)) from last
        return Response(MemberSerializer(changed).data)

    @extend_schema(operation_id="members_remove", responses={204: None, 409: ProblemSerializer})
    def delete(self, request: Request, team: str, id: int) -> Response:
        """Remove a member, or leave: that needs no role. It takes effect at once, open sockets included."""
        membership = _member(request, team, id, Action.VIEW)
        if membership.user_id != person(request).pk or person(request).token is not None:
            membership = _member(request, team, id, Action.MEMBERS)
        try:
            members.remove(membership, person(request))
        except members.LastAdmin as last:
            raise Conflict(str(last)) from last
        return Response(status=status.HTTP_204_NO_CONTENT)


class Invitations(GenericAPIView[Invitation]):
    serializer_class = InvitationSerializer
    queryset = Invitation.objects.none()

    def get_queryset(self) -> QuerySet[Invitation]:
        team = access.team(self.request.user, self.kwargs["team"], Action.MEMBERS)
        return queries.invitations(team)

    @extend_schema(operation_id="invitations_list", responses=InvitationSerializer(many=True))
    def get(self, request: Request, team: str) -> Response:
        """Invitations that can still be accepted, newest first, without their links."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(InvitationSerializer(page, many=True).data)

    @extend_schema(
        operation_id="invitations_create",
        request=NewInvitationSerializer,
        responses={201: CreatedInvitationSerializer},
    )
    def post(self, request: Request, team: str) -> Response:
        """Make a link that lets one person in, once, within a week. It is shown this once."""
        into = access.team(request.user, team, Action.MEMBERS)
        form = NewInvitationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        made, secret = members.invite(into, Role(given["role"]), person(request), given["note"])
        link = request.build_absolute_uri(reverse("invitation", args=[secret]))
        body = {**InvitationSerializer(made).data, "link": link}
        return Response(body, status=status.HTTP_201_CREATED)


class InvitationPage(APIView):
    @extend_schema(operation_id="invitations_withdraw", responses={204: None})
    def delete(self, request: Request, team: str, id: int) -> Response:
        """Withdraw an invitation: its link opens nothing any more."""
        into = access.team(request.user, team, Action.MEMBERS)
        found = queries.invitations(into).filter(pk=id).first()
        if found is None:
            raise Http404
        members.withdraw(found, person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Services(APIView):
    @extend_schema(
        operation_id="services_create",
        request=NewServiceSerializer,
        responses={201: MemberSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, team: str) -> Response:
        """Make a service account: a member that is no person and acts by tokens alone."""
        into = access.team(request.user, team, Action.TOKENS)
        _by_hand(request)
        form = NewServiceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            made = members.create_service(into, given["name"], Role(given["role"]), person(request))
        except members.Taken as taken:
            raise Conflict(str(taken)) from taken
        return Response(MemberSerializer(made).data, status=status.HTTP_201_CREATED)


class ServiceTokens(GenericAPIView[ApiToken]):
    serializer_class = ApiTokenSerializer
    queryset = ApiToken.objects.none()

    def _service(self) -> Membership:
        found = _member(self.request, self.kwargs["team"], self.kwargs["id"], Action.TOKENS)
        if found.user.service_of_id != found.team_id:
            raise Http404
        return found

    @extend_schema(operation_id="service_tokens_list", responses=ApiTokenSerializer(many=True))
    def get(self, request: Request, team: str, id: int) -> Response:
        """The tokens of a service account, newest first, without their secrets."""
        page = self.paginate_queryset(ApiToken.objects.filter(user=self._service().user))
        return self.get_paginated_response(ApiTokenSerializer(page, many=True).data)

    @extend_schema(
        operation_id="service_tokens_create",
        request=NewApiTokenSerializer,
        responses={201: CreatedApiTokenSerializer},
    )
    def post(self, request: Request, team: str, id: int) -> Response:
        """Make a token of a service account. The answer is the only one that holds its secret."""
        service = self._service()
        _by_hand(request)
        form = NewApiTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made, secret = tokens.create(service.user, by=person(request), **form.validated_data)
        body = {**ApiTokenSerializer(made).data, "token": secret}
        return Response(body, status=status.HTTP_201_CREATED)


class ServiceToken(APIView):
    @extend_schema(operation_id="service_tokens_revoke", responses={204: None})
    def delete(self, request: Request, team: str, id: int, token: int) -> Response:
        """Revoke a token of a service account: whoever uses it is refused from now on."""
        service = _member(request, team, id, Action.TOKENS)
        found = (
            ApiToken.objects.select_related("user")
            .filter(pk=token, user=service.user_id, user__service_of=service.team_id)
            .first()
        )
        if found is None:
            raise Http404
        tokens.revoke(found, person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _member(request: Request, team: str, id: int, action: Action) -> Membership:
    of = access.team(request.user, team, action)
    found = queries.members(of).filter(pk=id).first()
    if found is None:
        raise Http404
    return found


def _by_hand(request: Request) -> None:
    """A token makes no token, and nobody that could have one."""
    if isinstance(request.auth, ApiToken):
        raise access.Denied("A token cannot make tokens. Sign in on the web page.", Action.TOKENS)
