import re
from typing import Annotated

from pipelines.sdk import Failure, Param, Text, component


@component(title="Find and replace", category="Text", icon="replace")
def replace_text(
    text: Text,
    *,
    find: Annotated[str, Param(title="Find", help="What to look for", min_length=1)],
    replace: Annotated[str, Param(title="Replace by", help="Leave empty to delete it")] = "",
    pattern: Annotated[
        bool, Param(title="Regular expression", help="Read Find as a pattern; groups are \\1, \\2")
    ] = False,
    ignore_case: Annotated[
        bool, Param(title="Ignore capitals", help="Find The and the alike")
    ] = False,
) -> Text:
    """Replace words or patterns in a text.

    Args:
        text: The text to change.

    Returns:
        The changed text.

    Examples:
        Another hero:
            inputs:
                text: text of text/load_text
            params:
                find: Mr. Darcy
                replace: Mr. Smith
    """
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    try:
        found = re.compile(find if pattern else re.escape(find), flags)
        changed, count = found.subn(replace if pattern else lambda _: replace, text)
    except (re.error, IndexError) as error:
        raise Failure(f"`{find}` cannot be replaced by `{replace}`: {error}.") from error
    print(f"replaced {count:,} times")
    return Text(changed)
