"""The one entry for HTTP and WebSockets: `uvicorn pipelines.config.asgi:application`."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines.config.settings")
# Before anything imports a model.
http = get_asgi_application()

from pipelines.live import routing  # noqa: E402

from .bodies import LimitBodies  # noqa: E402
from .memory import settle  # noqa: E402
from .threads import LastingThreads  # noqa: E402

application = ProtocolTypeRouter(
    {"http": LimitBodies(LastingThreads(http)), "websocket": routing.application}
)
settle()
