"""The sockets there are. Each goes through the checks of the Origin and the session."""

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path, re_path

from .consumer import RunConsumer
from .origin import SameOrigin, unknown

# Django's types know of views alone, not of ASGI applications.
_run: Any = RunConsumer.as_asgi()
_unknown: Any = unknown
_routes: list[Any] = [path("ws/runs/<uuid:id>/", _run), re_path(r"", _unknown)]
_signed_in: Any = AuthMiddlewareStack(URLRouter(_routes))

application = SameOrigin(_signed_in)
