"""Middleware: where a request came from, for the audit log, and what was refused in it."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import audit

_USABLE = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class RequestOrigin:
    """Gives each request an id, the one in `X-Request-ID` if it can be kept, and answers with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _USABLE.fullmatch(given) else uuid.uuid4().hex
        here = audit.Origin(str(request.META.get("REMOTE_ADDR", "")), request_id)
        before = audit.origin.set(here)
        try:
            response = self.get_response(request)
        finally:
            audit.origin.reset(before)
        response["X-Request-ID"] = request_id
        return response
