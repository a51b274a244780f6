"""Every error is `application/problem+json` (RFC 9457): what happened, to what, what to do next."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from pipelines.core.problems import InvalidDefinition
from pipelines.runs import outages
from pipelines.teams import audit
from pipelines.teams.access import Refused
from pipelines.teams.policies import QuotaExceeded

from .refusals import TooLarge

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request cannot be understood",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Somebody else saved first",
    413: "Too large",
    415: "Wrong media type",
    422: "It cannot be done like this",
    428: "If-Match is missing",
    429: "Too many requests",
    503: "Not now",
}
_UNKNOWN = exceptions.AuthenticationFailed
_DENIED = (exceptions.PermissionDenied, _UNKNOWN)
AWAY = (
    "The database does not answer, or has no room left. Ask again in a moment; whether a change was "
    "kept is not known, so start runs with an idempotency key."
)


SIGN_IN = (
    "Sign in in the browser, or send `Authorization: Token …`; your account page and "
    "`python manage.py create_token USER` give tokens."
)


def problem(status_code: int, detail: str, code: str, **extra: Any) -> Response:
    body = {
        "type": f"urn:penstock:problem:{code}",
        "title": TITLES.get(status_code, "Error"),
        "status": status_code,
        "detail": detail,
        "code": code,
        **extra,
    }
    return Response(body, status=status_code, content_type=MEDIA_TYPE)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, said as problem+json; `None` lets unknown errors be a logged 500."""
    if isinstance(error, InvalidDefinition):
        first, *others = error.problems
        detail = (
            f"{len(others) + 1} problems, the first: {first.message}" if others else first.message
        )
        return problem(422, detail, "invalid_definition", problems=error.as_dicts())
    if isinstance(error, QuotaExceeded):
        return problem(
            409,
            str(error),
            "quota_exceeded",
            quota=error.quota,
            limit=error.limit,
            used=error.used,
        )
    if outages.may_pass(error):
        logger.warning("A request could not be answered, the database is away: %s", error)
        away = problem(503, AWAY, "database_away")
        away["Retry-After"] = "2"
        return away
    _note_refusal(error, context)
    if isinstance(error, Http404):
        error = exceptions.NotFound("It does not exist, or belongs to a team you are not in.")
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge("The body is too large. Upload large things as artifacts.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error) or None)
    elif isinstance(error, exceptions.NotAuthenticated):
        error.detail = exceptions.ErrorDetail(SIGN_IN, error.default_code)
    response = drf_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    if isinstance(error, exceptions.ValidationError):
        answer = problem(
            error.status_code, _first_message(error.detail), "invalid", errors=error.detail
        )
    else:
        answer = problem(error.status_code, str(error.detail), str(error.get_codes()))
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in response.headers:
            answer[header] = response.headers[header]
    return answer


def _note_refusal(error: Exception, context: dict[str, Any]) -> None:
    """Denied attempts of people who are known go into the audit log, after their transaction."""
    request = context.get("request")
    if request is None or not isinstance(error, (PermissionDenied, Refused, *_DENIED)):
        return
    user = getattr(request, "user", None)
    if (user is not None and user.is_authenticated) or isinstance(error, _UNKNOWN):
        audit.denied(error, user, f"{request.method} {request.path}")


def _first_message(detail: Any, path: str = "") -> str:
    """The first message in DRF's nested error detail, with the name of the field it is about."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            name = path if key == "non_field_errors" else f"{path}.{key}".lstrip(".")
            return _first_message(value, name)
    if isinstance(detail, list) and detail:
        return _first_message(detail[0], path)
    return f"{path}: {detail}" if path else str(detail)
