"""What was done to one thing, by whom and when: for whoever may look at the thing."""

from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from pipelines.catalog import access as catalog
from pipelines.designs import access as designs
from pipelines.runs import access as runs
from pipelines.teams import queries
from pipelines.teams.access import Action
from pipelines.teams.models import AuditEntry

from .shapes.audit import HistoryEntrySerializer, history_entry


class _History(GenericAPIView[AuditEntry]):
    """Denied attempts and addresses are in the audit log, for those who may read that."""

    serializer_class = HistoryEntrySerializer
    queryset = AuditEntry.objects.none()

    def thing(self, request: Request, **names: Any) -> Model:
        raise NotImplementedError

    def answer(self, request: Request, **names: Any) -> Response:
        thing = self.thing(request, **names)
        entries: QuerySet[AuditEntry] = queries.history(thing)
        whole = queries.audits(request.user, getattr(thing, "team_id", None))
        page = self.paginate_queryset(entries) or []
        return self.get_paginated_response([history_entry(row, whole=whole) for row in page])


class PipelineHistory(_History):
    def thing(self, request: Request, **names: Any) -> Model:
        return designs.pipeline(request.user, names["id"], Action.VIEW, draft=False)

    @extend_schema(operation_id="pipelines_history", responses=HistoryEntrySerializer(many=True))
    def get(self, request: Request, id: UUID) -> Response:
        """Who changed the pipeline, when and how, newest first: every saving of its draft, too."""
        return self.answer(request, id=id)


class ComponentHistory(_History):
    def thing(self, request: Request, **names: Any) -> Model:
        found = catalog.component(request.user, names["namespace"], names["name"])
        # It names the teams with which it is shared, which are the owner's to know.
        return catalog.owned(request.user, found.namespace, found.name) if found.team_id else found

    @extend_schema(operation_id="components_history", responses=HistoryEntrySerializer(many=True))
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Who published versions of the component, and what else was done to it, newest first."""
        return self.answer(request, namespace=namespace, name=name)


class RunHistory(_History):
    def thing(self, request: Request, **names: Any) -> Model:
        return runs.run(request.user, names["id"], Action.VIEW)

    @extend_schema(operation_id="runs_history", responses=HistoryEntrySerializer(many=True))
    def get(self, request: Request, id: UUID) -> Response:
        """Who started, cancelled, pinned or decided about the run, newest first."""
        return self.answer(request, id=id)
