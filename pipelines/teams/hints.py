"""Tells open sockets that somebody's access has changed. A lost hint costs some seconds."""

import logging
from collections.abc import Iterable
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)


def group(user_id: int) -> str:
    """The group of the channel layer that a person's sockets are in."""
    return f"person.{user_id}"


def access_changed(user_ids: Iterable[int]) -> None:
    """After the commit, have the sockets of these people ask again whether they still may."""
    ids = list(user_ids)
    transaction.on_commit(lambda: _send(ids))


def _send(user_ids: list[int]) -> None:
    layer: Any = get_channel_layer()
    try:
        for user_id in user_ids:
            async_to_sync(layer.group_send)(group(user_id), {"type": "access.changed"})
    except Exception as error:
        # Whatever the layer raises, sockets ask by themselves before long.
        logger.warning("Open sockets could not be told of changed access: %s", error)
