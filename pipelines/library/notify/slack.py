import json
from typing import Annotated, NamedTuple

from pipelines.sdk import Failure, Json, Param, component, connections

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
    connection: Annotated[
        str,
        Param(
            title="Connection",
            help="A chat of your team, from its page",
            format="connection",
            connection_types=["slack"],
        ),
    ] = "",
    webhook: Annotated[
        str,
        Param(
            title="Webhook URL",
            help="Without a connection: of Slack, Mattermost or the like; with neither, the message is "
            "only logged",
        ),
    ] = "",
    message: Annotated[
        str,
        Param(title="Message", help="What to say", min_length=1, format="textarea"),
    ] = "The pipeline is done.",
) -> Sent:
    """Post a message to a chat by a Slack-compatible webhook.

    Without a connection or a webhook URL nothing is sent and the message is only logged, which suits trying a
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
    if connection:
        _, fields = connections.connection(connection)
    elif webhook.strip():
        fields = {"webhook": webhook}
    else:
        print("neither a connection nor a webhook is set, so the message was only logged")
        return Sent(sent=False, message=text)
    payload = {
        "text": text,
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}],
    }
    try:
        connections.slack.post(fields, payload)
    except connections.CannotConnect as error:
        raise Failure(str(error)) from None
    print("the message was sent")
    return Sent(sent=True, message=text)
