"""Questions to the broker that Celery does not answer."""

from functools import cache

import redis
from django.conf import settings

_SECONDS = 1.0


def waiting(queue: str) -> int:
    """How many messages wait in a queue; 0 also when Redis is away, as nobody can know then."""
    try:
        return int(_client().llen(queue))
    except redis.RedisError:
        return 0


def answers() -> bool:
    """Whether Redis can be reached at all."""
    try:
        return bool(_client().ping())
    except redis.RedisError:
        return False


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS
    )
