"""What each role may do."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pipelines.teams import roles

from .shapes.people import ActionSerializer


class Roles(APIView):
    pagination_class = None

    @extend_schema(operation_id="roles", responses=ActionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every action, with the roles that may do it, low to high. Scopes of tokens are actions."""
        return Response(roles.table())
