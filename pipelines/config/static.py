"""Serving the built front end and the other static files."""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Redirect, StaticFile

_PIECE = 256 * 1024


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise whose files are sent piece by piece under ASGI too.

    Django reads what is not an asynchronous iterator whole into memory there, and warns.
    """

    @staticmethod
    def serve(static_file: StaticFile | Redirect, request: HttpRequest) -> HttpResponseBase:
        try:
            response: FileResponse = WhiteNoiseMiddleware.serve(static_file, request)
        except FileNotFoundError:
            # Built anew since this process looked; the page that asks for it loads itself anew.
            raise Http404(f"{request.path} is no longer there; reload the page.") from None
        if not isinstance(request, ASGIRequest):
            return response
        file = response.file_to_stream
        if file is None:
            empty = HttpResponse(status=response.status_code)
            empty.headers = response.headers
            return empty
        # The response goes on knowing the file, and closes it at its own end.
        response.streaming_content = _pieces(file)
        return response


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, _PIECE):
        yield piece
