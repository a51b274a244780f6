"""The catalog: list, look at, publish."""

from collections.abc import Mapping
from typing import Any

import django_filters
import pydantic
from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.catalog import access, actions, drafts, files, queries
from pipelines.catalog.models import Component, ComponentVersion
from pipelines.core.compat import compare, sum_up
from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.designs import uses
from pipelines.interop.component_file import MEDIA_TYPE
from pipelines.interop.kfp.writing import NotForKfp
from pipelines.kinds import registry
from pipelines.teams.access import Action, team_or_default

from .authentication import person
from .refusals import Unprocessable
from .shapes.catalog import (
    ComponentDetailSerializer,
    ComponentDiffSerializer,
    ComponentFileQuerySerializer,
    ComponentKindSerializer,
    ComponentOutlookSerializer,
    ComponentSerializer,
    ComponentVersionRowSerializer,
    ComponentVersionSerializer,
    PublishComponentSerializer,
)
from .shapes.common import ProblemSerializer
from .streams import attachment


class ComponentFilters(django_filters.FilterSet):
    search = django_filters.CharFilter(
        method="find", max_length=200, help_text="Words that must all occur."
    )
    category = django_filters.CharFilter(max_length=60)
    kind = django_filters.CharFilter(max_length=31)
    namespace = django_filters.CharFilter(max_length=63)

    class Meta:
        model = Component
        fields = ("search", "category", "kind", "namespace")

    def find(self, rows: QuerySet[Component], name: str, value: str) -> QuerySet[Component]:
        return queries.search(rows, value)


class Components(GenericAPIView[Component]):
    serializer_class = ComponentSerializer
    filterset_class = ComponentFilters
    queryset = Component.objects.none()

    def get_queryset(self) -> QuerySet[Component]:
        return queries.visible(self.request.user).order_by("namespace", "name")

    @extend_schema(operation_id="components_list", responses=ComponentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The components that you may use, each with the spec of its newest version."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        newest = queries.newest_versions(page)
        return self.get_paginated_response([_row(row, newest[row.pk].spec) for row in page])

    @extend_schema(
        operation_id="components_publish",
        request=PublishComponentSerializer,
        responses={
            201: ComponentVersionSerializer,
            200: ComponentVersionSerializer,
            422: ProblemSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Publish the next version; 200 with the newest one when nothing has changed."""
        form = PublishComponentSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        team = team_or_default(request.user, given.get("team"), Action.EDIT)
        spec = _spec(given)
        before = ComponentVersion.objects.filter(
            component__namespace=spec.namespace, component__name=spec.name
        ).count()
        version = actions.publish(spec, team, person(request), given["changelog"])
        made = version.number > before
        return Response(
            version_json(version), status=status.HTTP_201_CREATED if made else status.HTTP_200_OK
        )


class CheckComponent(APIView):
    @extend_schema(
        operation_id="components_check",
        request=PublishComponentSerializer,
        responses=ComponentOutlookSerializer,
    )
    def post(self, request: Request) -> Response:
        """What publishing would do: problems, changes to the newest version, who uses it.

        Nothing is written.
        """
        form = PublishComponentSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        team = team_or_default(request.user, form.validated_data.get("team"), Action.EDIT)
        try:
            spec = _spec(form.validated_data)
        except InvalidDefinition as invalid:
            return Response(_outlook(actions.Outlook(invalid.problems, None, None, [])))
        return Response(_outlook(actions.look(spec, team), spec))


class ComponentKinds(APIView):
    @extend_schema(
        operation_id="components_kinds", responses=ComponentKindSerializer(many=True), filters=False
    )
    def get(self, request: Request) -> Response:
        """The kinds that people write components of, each with something to begin with."""
        kinds = [registry.KINDS[name] for name in drafts.WRITTEN]
        return Response(ComponentKindSerializer(kinds, many=True).data)


class ComponentPage(APIView):
    @extend_schema(operation_id="components_get", responses=ComponentDetailSerializer)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """One component with its history."""
        component = access.component(request.user, namespace, name)
        versions = list(component.versions.select_related("created_by").defer("spec"))
        newest = component.versions.get(number=component.latest)
        body = {
            **_row(component, newest.spec),
            "versions": versions,
            "visibility": component.visibility,
            "owner": component.team,
            "consumers": uses.counts(component),
        }
        return Response(ComponentDetailSerializer(body).data)


class ComponentVersionPage(APIView):
    @extend_schema(operation_id="components_version", responses=ComponentVersionSerializer)
    def get(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """One immutable version."""
        return Response(version_json(access.version(request.user, namespace, name, number)))


class ComponentFilePage(APIView):
    @extend_schema(
        operation_id="components_file",
        parameters=[ComponentFileQuerySerializer],
        responses={(200, MEDIA_TYPE): OpenApiTypes.OBJECT, 422: ProblemSerializer},
    )
    def get(self, request: Request, namespace: str, name: str, number: int) -> HttpResponseBase:
        """A version as one file, code inline: ours, or `as=kfp` a KFP `component.yaml`."""
        version = access.version(request.user, namespace, name, number)
        form = ComponentFileQuerySerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        try:
            called, text = files.export(version, form.validated_data["as"])
        except NotForKfp as error:
            raise Unprocessable(str(error)) from error
        content = text.encode()
        return attachment(request, iter([content]), called, MEDIA_TYPE, size=len(content))


class ComponentDiff(APIView):
    @extend_schema(
        operation_id="components_diff",
        parameters=[
            OpenApiParameter("against", int, description="The older version; the one before.")
        ],
        responses=ComponentDiffSerializer,
    )
    def get(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """What a version changes for those who use another: ports, parameters, code."""
        new = access.version(request.user, namespace, name, number)
        form = _Against(data={"against": request.query_params.get("against", max(number - 1, 1))})
        form.is_valid(raise_exception=True)
        old = access.version(request.user, namespace, name, form.validated_data["against"])
        before, after = map(ComponentSpec.model_validate, (old.spec, new.spec))
        changes = compare(before, after)
        diff = {
            "number": number,
            "against": old.number,
            "compatibility": "same" if old.digest == new.digest else sum_up(changes),
            "changes": changes,
            "code": queries.code_diff(before, after, old.number, new.number),
        }
        return Response(ComponentDiffSerializer(diff).data)


class _Against(serializers.Serializer[Any]):
    against = serializers.IntegerField(min_value=1, max_value=999_999_999)


def _spec(given: Mapping[str, Any]) -> ComponentSpec:
    if "spec" not in given:
        return registry.build(given["kind"], given["fields"])
    try:
        return ComponentSpec.model_validate(given["spec"])
    except pydantic.ValidationError as error:
        raise InvalidDefinition(map(_spec_problem, error.errors(include_url=False))) from error


def _spec_problem(error: Any) -> Problem:
    field = ".".join(map(str, error["loc"]))
    return Problem(code="malformed", message=f"`{field}`: {error['msg']}.", field=field or None)


def _row(component: Component, spec: Any) -> dict[str, Any]:
    return {
        "namespace": component.namespace,
        "name": component.name,
        "full_name": str(component),
        "title": component.title,
        "summary": component.summary,
        "category": component.category,
        "kind": component.kind,
        "icon": component.icon,
        "latest": component.latest,
        "team": str(component.team_id) if component.team_id else None,
        "spec": spec,
    }


def version_json(version: ComponentVersion) -> dict[str, Any]:
    row = ComponentVersionRowSerializer(version).data
    return {**row, "full_name": str(version.component), "spec": version.spec}


def _outlook(outlook: actions.Outlook, spec: ComponentSpec | None = None) -> dict[str, Any]:
    component = outlook.component
    data: dict[str, Any] = ComponentOutlookSerializer(
        {
            "problems": outlook.problems,
            "full_name": spec.full_name if spec else None,
            "spec": spec.model_dump(mode="json") if spec else None,
            "current": component.latest if component else None,
            "compatibility": outlook.compatibility,
            "changes": outlook.changes,
            "consumers": uses.counts(component) if component else {"pipelines": 0, "teams": 0},
        }
    ).data
    return data
