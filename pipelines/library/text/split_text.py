from typing import NamedTuple

from pipelines.sdk import Text, component


class Shards(NamedTuple):
    """Four parts of about the same size.

    Attributes:
        shard_1: The first quarter.
        shard_2: The second quarter.
        shard_3: The third quarter.
        shard_4: The last quarter.
    """

    shard_1: Text
    shard_2: Text
    shard_3: Text
    shard_4: Text


@component(title="Split text in four", category="Text", icon="scissors")
def split_text(text: Text) -> Shards:
    """Divide a text into four parts, between lines, so that they can be worked on at the same time.

    Args:
        text: The text to divide.

    Examples:
        A novel in four parts:
            inputs:
                text: text of text/load_text
    """
    lines = text.splitlines(keepends=True)
    shards: list[list[str]] = [[], [], [], []]
    done = 0
    for line in lines:
        shards[min(3, 4 * done // max(1, len(text)))].append(line)
        done += len(line)
    parts = [Text("".join(shard)) for shard in shards]
    print("characters in the parts: " + ", ".join(f"{len(part):,}" for part in parts))
    return Shards(*parts)
