"""`If-Match`: which revision of a draft a change was made from."""

import re

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from .refusals import MatchRequired

_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description='`"<revision>"`'
)


def base_revision(request: Request) -> int:
    """The revision in `If-Match`. `*` would overwrite whatever is there, so it is not taken."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        raise MatchRequired(
            'Send `If-Match: "<revision>"` with the revision of the draft that you edited, so that '
            "nobody's work is overwritten."
        )
    found = _ETAG.fullmatch(header)
    if found is None:
        raise ParseError(
            f'`If-Match: {header[:40]}` is not a revision; send `"7"`, quotes included.'
        )
    return int(found[1])
