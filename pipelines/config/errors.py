"""What people and programs see when Django itself refuses: problem+json under /api/, else a page."""

import json
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.decorators.csrf import csrf_exempt

from pipelines.api.problems import MEDIA_TYPE, problem

_NOT_FOUND = "There is nothing at this address. The API is described at /api/docs/."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "bad_request", "The request cannot be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "permission_denied", str(exception) or "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "not_found", _NOT_FOUND)


def broken(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "broken", "Penstock failed to answer. The server's log says why.")


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`CSRF_FAILURE_VIEW`"""
    detail = (
        "The form's CSRF token is missing or has expired. Reload the page and send it again; "
        "programs send the cookie penstock_csrf as the header X-CSRFToken, or use a token."
    )
    return _answer(request, 403, "csrf", detail)


def locked_out(request: HttpRequest, *args: Any) -> HttpResponse:
    """`AXES_LOCKOUT_CALLABLE`: too many wrong passwords for this name from this address."""
    response = _answer(
        request,
        429,
        "locked_out",
        "Too many failed attempts to sign in. Wait 15 minutes, then try again.",
    )
    response["Retry-After"] = str(15 * 60)
    return response


@csrf_exempt
@login_not_required
def unknown_endpoint(request: HttpRequest) -> HttpResponse:
    """Everything under /api/ that is not an endpoint."""
    return _answer(request, 404, "not_found", _NOT_FOUND)


def _answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        body = problem(status, detail, code).data
        return HttpResponse(json.dumps(body), status=status, content_type=MEDIA_TYPE)
    context = {"status": status, "title": HTTPStatus(status).phrase, "detail": detail}
    # Without the request: no context processor can fail while a failure is told.
    page = loader.render_to_string("error.html", context)
    return HttpResponse(page, status=status)
