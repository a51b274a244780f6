from pipelines.sdk import Table, component, log_metric
from pipelines.sdk.duck import Duck, require_columns


@component(title="Merge word counts", category="Text", icon="sigma")
def merge_counts(counts: list[Table]) -> Table:
    """Add up several word counts into one.

    Args:
        counts: Tables with the columns `word` and `count`.

    Returns:
        Words and counts, the most frequent first.

    Examples:
        Two parts of a novel:
            inputs:
                counts:
                    - table of text/count_words(minimum_length=1)
                    - table of text/count_words(minimum_length=6)
    """
    for number, table in enumerate(counts, start=1):
        require_columns(table, ["word", "count"], f"table number {number}")
    names = [f"t{number}" for number in range(1, len(counts) + 1)]
    rows = " UNION ALL ".join(f"SELECT word, count FROM {name}" for name in names)
    with Duck(dict(zip(names, counts, strict=True))) as duck:
        merged = duck.table(
            f"SELECT word, sum(count) AS count FROM ({rows}) GROUP BY word ORDER BY count DESC, word"
        )
    log_metric("different_words", merged.facts["rows"])
    print(f"{len(counts)} tables gave {merged.facts['rows']:,} different words")
    return merged
