"""What the OpenAPI document says about every operation: the problems it may answer with."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from .problems import MEDIA_TYPE
from .shapes.common import ProblemSerializer

_COMMON = {
    "400": "The request cannot be understood.",
    "401": "Nobody is signed in, or the token is unknown.",
    "403": "Not allowed to this role, or the CSRF token is missing.",
    "404": "It does not exist, or belongs to another team.",
}


class Schema(AutoSchema):
    """Every error is problem+json; those that any operation can answer need not be repeated."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code, description in _COMMON.items():
            if code not in bodies:
                body = self._get_response_for_code(ProblemSerializer, code)
                bodies[code] = {**body, "description": description}
        return dict(sorted(bodies.items()))

    def _get_response_for_code(
        self,
        serializer: Any,
        status_code: str,
        media_types: Any = None,
        direction: Any = "response",
    ) -> Any:
        if status_code >= "400":
            media_types = [MEDIA_TYPE]
        return super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, media_types, direction
        )


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "pipelines.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Authorization: Token pst_…`, from `manage.py create_token USER`.",
        }
