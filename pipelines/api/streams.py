"""Large answers, piece by piece: neither a file nor a log is ever loaded whole."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from rest_framework.request import Request

#: What is sent with every artifact: the browser must neither guess a type nor run anything in it.
UNTRUSTED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def attachment(
    request: Request,
    chunks: Iterator[bytes],
    name: str,
    media_type: str,
    *,
    size: int | None = None,
    inline: bool = False,
) -> StreamingHttpResponse:
    """`chunks` as a download called `name`; `inline` for pictures that may be shown."""
    # Django would gather a plain iterator in memory before it sends it under ASGI.
    under_asgi = isinstance(request._request, ASGIRequest)
    response = StreamingHttpResponse(
        _asynchronously(chunks) if under_asgi else chunks, content_type=media_type
    )
    for header, value in UNTRUSTED.items():
        response[header] = value
    if size is not None:
        response["Content-Length"] = str(size)
    response["Content-Disposition"] = f"{'inline' if inline else 'attachment'}; {_filename(name)}"
    return response


async def _asynchronously(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = sync_to_async(lambda: next(chunks, None), thread_sensitive=True)
    while (chunk := await following()) is not None:
        yield chunk


def _filename(name: str) -> str:
    """A file name for every browser (RFC 6266), without separators and control characters."""
    clean = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in name).strip(
        ". "
    )
    clean = clean[:200] or "download"
    plain = clean.encode("ascii", "replace").decode().replace("?", "_")
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(clean)}"
