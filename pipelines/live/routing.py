"""The sockets there are. Each goes through the checks of the Origin and the session."""

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path, re_path

from .consumer import RunConsumer
from .origin import SameOrigin, unknown

application = SameOrigin(
    AuthMiddlewareStack(
        URLRouter([path("ws/runs/<uuid:id>/", RunConsumer.as_asgi()), re_path(r"", unknown)])
    )
)
