"""A chat's incoming webhook: of Slack, Mattermost or whatever speaks the same."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.addresses import Reach

from .contract import CannotConnect, Tested, Type

_SECONDS = 20.0


def post(
    fields: Mapping[str, Any], payload: Mapping[str, Any], within: Reach | None = None
) -> None:
    """Post a message. Raises Refused, CannotConnect; the address is a secret and in no message."""
    import httpx

    from .. import outgoing

    try:
        with outgoing.client(timeout=_SECONDS, within=within, follow_redirects=False) as client:
            answer = client.post(str(fields["webhook"]).strip(), json=payload)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CannotConnect(f"The webhook could not be reached: {type(error).__name__}.") from None
    if answer.status_code >= 300:
        said = answer.text[:200].strip()
        raise CannotConnect(
            f"The webhook answered {answer.status_code}" + (f": {said}" if said else ".")
        )


def test(fields: Mapping[str, Any], within: Reach) -> Tested:
    """Post a message that says so."""
    post(fields, {"text": "Penstock can post here: the connection works."}, within)
    return Tested("A message was posted to the chat.")


TYPE = Type(
    name="slack",
    title="Slack",
    summary="A channel to post to, by incoming webhook; Mattermost and others take the same",
    icon="message-square",
    schema={
        "type": "object",
        "additionalProperties": False,
        "required": ["webhook"],
        "properties": {
            "webhook": {
                "type": "string",
                "title": "Webhook URL",
                "description": "From the chat's settings. Testing posts a message",
                "format": "password",
                "writeOnly": True,
                "pattern": "^https?://\\S+$",
            }
        },
    },
    target=(),
    test=test,
)
