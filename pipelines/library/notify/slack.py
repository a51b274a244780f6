import json
from typing import Annotated, NamedTuple

import httpx

from pipelines.sdk import Failure, Json, Param, component, outgoing

LONGEST = 3000


class Sent(NamedTuple):
    """What became of the message.

    Attributes:
        sent: Whether the message was posted; false when no webhook is set.
        message: The message itself.
    """

    sent: bool
    message: str


@component(title="Notify by webhook", category="Notify", icon="message-square")
def slack(
    details: Json | None = None,
    *,
    webhook: Annotated[
        str,
        Param(
            title="Webhook URL",
            help="Of Slack, Mattermost, Teams or the like; leave empty to only log the message",
        ),
    ] = "",
    message: Annotated[
        str,
        Param(title="Message", help="What to say", min_length=1, format="textarea"),
    ] = "The pipeline is done.",
) -> Sent:
    """Post a message to a chat by a Slack-compatible webhook.

    Without a webhook URL nothing is sent and the message is only logged, which suits trying a
    pipeline out. The step fails when the chat refuses the message.

    Args:
        details: A value to show under the message, such as metrics.

    Examples:
        Try it without a webhook:
            inputs:
                details: {rows: 1461, new: 12}
            params:
                message: New weather has arrived.
    """
    text = message
    if details is not None:
        facts = details.items() if isinstance(details, dict) else [("details", details)]
        lines = [
            f"• {key}: {value if isinstance(value, str) else json.dumps(value)}"
            for key, value in facts
        ]
        text = "\n".join([message, *lines])
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    print(text)
    if not webhook.strip():
        print("no webhook URL is set, so the message was only logged")
        return Sent(sent=False, message=text)
    payload = {
        "text": text,
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}],
    }
    try:
        with outgoing.client(timeout=20) as client:
            answer = client.post(webhook.strip(), json=payload)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The address is a secret, so it is not part of the message.
        raise Failure(f"The webhook could not be reached: {type(error).__name__}.") from None
    if answer.status_code >= 300:
        said = answer.text[:200].strip()
        raise Failure(f"The webhook answered {answer.status_code}" + (f": {said}" if said else "."))
    print("the message was sent")
    return Sent(sent=True, message=text)
