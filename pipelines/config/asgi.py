"""The one entry for HTTP and WebSockets: `uvicorn pipelines.config.asgi:application`."""

import os
import sys

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines.config.settings")
# Before anything imports a model.
http = get_asgi_application()

from pipelines.live import routing  # noqa: E402

from .bodies import LimitBodies  # noqa: E402
from .memory import settle  # noqa: E402
from .threads import LastingThreads  # noqa: E402

#: How long a request that computes may keep others waiting, and the thread that tells workers of a
#: new run (Python's own is 5 ms).
SWITCH_SECONDS = 0.0005
sys.setswitchinterval(SWITCH_SECONDS)

application = ProtocolTypeRouter(
    {"http": LimitBodies(LastingThreads(http)), "websocket": routing.application}
)
settle()
