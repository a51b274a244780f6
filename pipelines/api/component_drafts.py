"""Drafts of components: list, begin, look at, save, publish, throw away."""

from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.catalog import access, drafts, files, queries
from pipelines.catalog.models import ComponentDraft
from pipelines.runs import tries
from pipelines.teams.access import Action, team_or_default

from .authentication import person
from .components import version_json
from .filters import TeamFilter
from .matching import IF_MATCH, base_revision
from .problems import problem
from .shapes.catalog import (
    ComponentDraftRowSerializer,
    ComponentDraftSerializer,
    ComponentVersionSerializer,
    ImportComponentSerializer,
    ImportedComponentSerializer,
    NewComponentDraftSerializer,
    PublishComponentDraftSerializer,
    SaveComponentDraftSerializer,
    TriedSerializer,
    TryComponentDraftSerializer,
)
from .shapes.common import ProblemSerializer
from .shapes.designs import CurrentDraftSerializer, StaleDraftProblemSerializer


class ComponentDraftFilters(django_filters.FilterSet):
    team = TeamFilter()
    kind = django_filters.CharFilter(max_length=31)
    search = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=130, help_text="Part of the name."
    )

    class Meta:
        model = ComponentDraft
        fields = ("team", "kind", "search")


class ComponentDrafts(GenericAPIView[ComponentDraft]):
    serializer_class = ComponentDraftRowSerializer
    filterset_class = ComponentDraftFilters
    queryset = ComponentDraft.objects.none()

    def get_queryset(self) -> QuerySet[ComponentDraft]:
        return queries.drafts(self.request.user)

    @extend_schema(
        operation_id="component_drafts_list", responses=ComponentDraftRowSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """The components that are being written in your teams, the last saved first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(ComponentDraftRowSerializer(page, many=True).data)

    @extend_schema(
        operation_id="component_drafts_begin",
        request=NewComponentDraftSerializer,
        responses={201: ComponentDraftSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """Begin to write a component, or the next version of one; a team's draft of it is kept."""
        form = NewComponentDraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        if "component" in given:
            namespace, _, name = given["component"].partition("/")
            component = access.component(request.user, namespace, name, Action.EDIT)
            draft = drafts.open_for(component, person(request))
        else:
            team = team_or_default(request.user, given.get("team"), Action.EDIT)
            draft = drafts.begin(team, given["content"], person(request))
        return _whole(draft, status.HTTP_201_CREATED)


class ImportComponent(APIView):
    @extend_schema(
        operation_id="component_drafts_import",
        request=ImportComponentSerializer,
        responses={201: ImportedComponentSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """A draft of what a file says, ours or KFP's `component.yaml`. Nothing is published."""
        form = ImportComponentSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        team = team_or_default(request.user, given.get("team"), Action.EDIT)
        made = files.import_draft(given["file"], team, person(request))
        body = {"draft": made.draft.pk, "notes": made.notes}
        return Response(ImportedComponentSerializer(body).data, status=status.HTTP_201_CREATED)


class ComponentDraftPage(APIView):
    @extend_schema(operation_id="component_drafts_get", responses=ComponentDraftSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """One draft; the ETag is its revision."""
        return _whole(access.draft(request.user, id, Action.VIEW))

    @extend_schema(
        operation_id="component_drafts_save",
        parameters=[IF_MATCH],
        request=SaveComponentDraftSerializer,
        responses={
            200: ComponentDraftRowSerializer,
            412: OpenApiResponse(StaleDraftProblemSerializer, "Somebody else saved first."),
            422: ProblemSerializer,
            428: ProblemSerializer,
        },
    )
    def patch(self, request: Request, id: UUID) -> Response:
        """Save the draft, if nobody else has since the revision that `If-Match` names."""
        draft = access.draft(request.user, id, Action.EDIT)
        base = base_revision(request)
        form = SaveComponentDraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            saved = drafts.save(draft, form.validated_data["content"], base, person(request))
        except drafts.StaleComponentDraft as stale:
            current = CurrentDraftSerializer(stale)
            return problem(412, str(stale), "stale_draft", current=current.data)
        body = ComponentDraftRowSerializer(saved).data
        return Response(body, headers={"ETag": f'"{saved.revision}"'})

    @extend_schema(operation_id="component_drafts_remove", responses={204: None})
    def delete(self, request: Request, id: UUID) -> Response:
        """Throw the draft away. Versions that were published stay."""
        drafts.throw_away(access.draft(request.user, id, Action.EDIT), person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PublishComponentDraft(APIView):
    @extend_schema(
        operation_id="component_drafts_publish",
        request=PublishComponentDraftSerializer,
        responses={200: ComponentVersionSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Publish the draft as the next version; it is over with that."""
        draft = access.draft(request.user, id, Action.EDIT)
        form = PublishComponentDraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        version = drafts.publish(draft, form.validated_data["changelog"], person(request))
        return Response(version_json(version))


class TryComponentDraft(APIView):
    @extend_schema(
        operation_id="component_drafts_try",
        request=TryComponentDraftSerializer,
        responses={201: TriedSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Run the saved draft on a worker, on samples; takes the right to edit and the one to run."""
        access.draft(request.user, id, Action.RUN)
        draft = access.draft(request.user, id, Action.EDIT)
        form = TryComponentDraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        run = tries.start(drafts.spec_of(draft), draft.team, person(request), **form.validated_data)
        return Response({"run": str(run.pk)}, status=status.HTTP_201_CREATED)


def _whole(draft: ComponentDraft, status_code: int = status.HTTP_200_OK) -> Response:
    body = ComponentDraftSerializer(draft).data
    return Response(body, status_code, headers={"ETag": f'"{draft.revision}"'})
