import re
from collections import Counter
from typing import Annotated

import pyarrow as pa

from pipelines.sdk import Param, Text, component, log_metric

#: Letters and digits of any script, with apostrophes and hyphens inside: don't, well-known.
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@component(title="Count words", category="Text", icon="whole-word")
def count_words(
    text: Text,
    *,
    minimum_length: Annotated[
        int, Param(title="Shortest word", help="Leave out shorter words", minimum=1)
    ] = 1,
    keep_case: Annotated[
        bool, Param(title="Keep capitals", help="Otherwise The and the are one word")
    ] = False,
) -> pa.Table:
    """Count how often each word occurs in a text.

    Args:
        text: The text to count in.

    Returns:
        Words and counts, the most frequent first.

    Examples:
        The words of a novel:
            inputs:
                text: text of text/load_text
            params:
                minimum_length: 4
    """
    words = WORD.findall((text if keep_case else text.lower()).replace("’", "'"))
    counts = Counter(word for word in words if len(word) >= minimum_length)
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    log_metric("words", sum(counts.values()))
    print(f"{sum(counts.values()):,} words, {len(counts):,} different")
    return pa.table(
        {
            "word": pa.array([word for word, _ in ordered], pa.string()),
            "count": pa.array([count for _, count in ordered], pa.int64()),
        }
    )
